-- {"type": "contacts.suppressed", "channel": "sms", "reasons": ["manual"]}
-- People who may get nothing by SMS because of: blocked by hand.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."address_hash" IN
         (SELECT U0."address_hash" AS "address_hash"
          FROM "contacts_suppression" U0
          WHERE (U0."workspace_id" = %s
                 AND (U0."valid_to" IS NULL
                      OR U0."valid_to" > %s)
                 AND U0."channel" = %s
                 AND U0."valid_from" <= %s
                 AND U0."reason" IN (%s))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1202
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'sms'
-- 2026-03-15T12:00:00+00:00
-- 'manual'
