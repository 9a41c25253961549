-- {"type": "contacts.text", "attribute": "city", "operator": "any_of", "values": ["Gdynia"], "history": "held", "held_for": 30, "held_unit": "days"}
-- People who have had City that is any of Gdynia for at least 30 days.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s))
GROUP BY 1,
         tstzrange(%s, %s, %s)
HAVING (range_agg(tstzrange("contacts_attributevalue"."valid_from", "contacts_attributevalue"."valid_to")) @> tstzrange(%s, %s, %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1207
-- 'gdynia'
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
