-- {"type": "contacts.choices", "attribute": "interests", "operator": "all_of", "values": ["sailing", "cooking"]}
-- People who have Interests with all of sailing and cooking.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s)
       AND "contacts_attributevalue"."contact_id" IN
         (SELECT U0."contact_id" AS "contact_id"
          FROM "contacts_attributevalue" U0
          WHERE (U0."workspace_id" = %s
                 AND (U0."valid_to" IS NULL
                      OR U0."valid_to" > %s)
                 AND U0."valid_from" <= %s
                 AND U0."attribute_id" = %s
                 AND U0."text_key" IN (%s))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 'sailing'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 'cooking'
