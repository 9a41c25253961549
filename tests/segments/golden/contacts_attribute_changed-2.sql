-- {"type": "contacts.attribute_changed", "attribute": "interests", "window": {"calendar": "previous_month"}}
-- People who had a change of Interests in the previous calendar month.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE (("contacts_attributevalue"."workspace_id" = %s
        AND "contacts_attributevalue"."valid_from" <= %s
        AND "contacts_attributevalue"."attribute_id" = %s
        AND "contacts_attributevalue"."valid_from" >= %s
        AND "contacts_attributevalue"."valid_from" < %s)
       OR ("contacts_attributevalue"."workspace_id" = %s
           AND "contacts_attributevalue"."valid_from" <= %s
           AND "contacts_attributevalue"."attribute_id" = %s
           AND "contacts_attributevalue"."valid_to" <= %s
           AND "contacts_attributevalue"."valid_to" >= %s
           AND "contacts_attributevalue"."valid_to" < %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1219
-- 2026-03-15T12:00:00+00:00
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
