-- {"type": "contacts.choices", "attribute": "interests", "operator": "all_of", "values": ["sailing", "cooking"], "history": "held", "held_for": 3, "held_unit": "weeks"}
-- People who have had Interests with all of sailing and cooking for at least 3 weeks.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s)
       AND "contacts_attributevalue"."contact_id" IN
         (SELECT U0."contact_id" AS "contact_id"
          FROM "contacts_attributevalue" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."valid_from" <= %s
                 AND U0."attribute_id" = %s
                 AND U0."text_key" IN (%s))
          GROUP BY 1,
                   tstzrange(%s, %s, %s)
          HAVING (range_agg(tstzrange(U0."valid_from", U0."valid_to")) @> tstzrange(%s, %s, %s))))
GROUP BY 1,
         tstzrange(%s, %s, %s)
HAVING (range_agg(tstzrange("contacts_attributevalue"."valid_from", "contacts_attributevalue"."valid_to")) @> tstzrange(%s, %s, %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 'sailing'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 'cooking'
-- 2026-02-22T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
-- 2026-02-22T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
-- 2026-02-22T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
-- 2026-02-22T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- '[]'
