-- {"type": "contacts.anniversary", "attribute": "birthday", "window": {"from": "2025-12-24", "to": "2026-01-06"}}
-- People who have the anniversary of Birthday from 24 Dec 2025 to 6 Jan 2026.
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
                                                                                     FROM "contacts_attributevalue"."date")) <= %s)
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
-- Int4(1224)
-- Int4(100)
-- Int4(1231)
-- Int4(100)
-- Int4(101)
-- Int4(100)
-- Int4(106)
