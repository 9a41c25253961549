-- {"type": "contacts.anniversary", "attribute": "birthday", "window": {"next": 7, "unit": "days"}}
-- People who have the anniversary of Birthday in the next 7 days.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."date" IS NOT NULL
       AND (((EXTRACT(MONTH
                      FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                             FROM "contacts_attributevalue"."date")) IS NULL
            OR (((EXTRACT(MONTH
                          FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                 FROM "contacts_attributevalue"."date")) >= %s
                AND ((EXTRACT(MONTH
                              FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                     FROM "contacts_attributevalue"."date")) <= %s)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1206
-- Int4(100)
-- Int4(100)
-- Int4(315)
-- Int4(100)
-- Int4(321)
