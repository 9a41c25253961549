-- {"type": "contacts.date", "attribute": "contract_end", "operator": "is_not", "window": {"next": 7, "unit": "days"}}
-- People who don't have Contract end that is in the next 7 days.
-- Everybody but these contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."date" IS NOT NULL
       AND "contacts_attributevalue"."date" >= %s
       AND "contacts_attributevalue"."date" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1221
-- 2026-03-15
-- 2026-03-22
