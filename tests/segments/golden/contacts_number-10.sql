-- {"type": "contacts.number", "attribute": "shoe_size", "operator": "at_least", "value": 38, "history": "held", "held_for": 1, "held_unit": "years"}
-- People who have had Shoe size that is at least 38 for at least 1 year.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."number" >= %s)
GROUP BY 1,
         tstzrange(%s, %s, %s)
HAVING (range_agg(tstzrange("contacts_attributevalue"."valid_from", "contacts_attributevalue"."valid_to")) @> tstzrange(%s, %s, %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 38.0
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
