-- {"type": "contacts.choices", "attribute": "interests", "operator": "any_of", "values": ["sailing", "cooking"]}
-- People who have Interests with any of sailing or cooking.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s,
                                                    %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 'sailing'
-- 'cooking'
