-- {"type": "contacts.text", "attribute": "city", "operator": "any_of", "values": ["Gdynia", "São Paulo"]}
-- People who have City that is any of Gdynia or São Paulo.
-- These contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_key" IN (%s,
                                                       %s)))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_key" IN (%s,
                                                       %s)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1207
-- 'gdynia'
-- 'são paulo'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1207
-- 'gdynia'
-- 'são paulo'
