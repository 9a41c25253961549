-- {"type": "contacts.date", "attribute": "contract_end", "operator": "is", "window": {"older_than": 1, "unit": "years"}, "history": "ever"}
-- People who have or had at any time Contract end that is more than 1 year ago.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."date" IS NOT NULL
       AND "contacts_attributevalue"."date" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1221
-- 2025-03-15
