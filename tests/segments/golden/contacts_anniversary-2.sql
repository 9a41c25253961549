-- {"type": "contacts.anniversary", "attribute": "contract_end", "window": {"last": 2, "unit": "weeks"}}
-- People who have the anniversary of Contract end in the last 2 weeks.
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
-- 1221
-- Int4(100)
-- Int4(100)
-- Int4(302)
-- Int4(100)
-- Int4(315)
