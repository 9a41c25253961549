-- {"type": "contacts.last_seen", "operator": "never"}
-- People who were never seen.
-- Everybody but these contacts:

  (SELECT "tracking_visit"."contact_id" AS "contact_id"
   FROM "tracking_visit"
   WHERE ("tracking_visit"."workspace_id" = %s
          AND "tracking_visit"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s
          AND NOT ("tracking_messageevent"."channel" = %s)))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s
          AND "tracking_messageevent"."channel" = %s))
UNION ALL
  (SELECT "tracking_activity"."contact_id" AS "contact_id"
   FROM "tracking_activity"
   WHERE ("tracking_activity"."workspace_id" = %s
          AND "tracking_activity"."occurred_at" < %s
          AND "tracking_activity"."kind_id" IN (%s)))
UNION ALL
  (SELECT "transactions_transaction"."contact_id" AS "contact_id"
   FROM "transactions_transaction"
   WHERE ("transactions_transaction"."workspace_id" = %s
          AND "transactions_transaction"."occurred_at" < %s
          AND ("transactions_transaction"."superseded_at" IS NULL
               OR "transactions_transaction"."superseded_at" > %s)
          AND "transactions_transaction"."version_from" <= %s
          AND "transactions_transaction"."status" IN (%s,
                                                      %s)
          AND "transactions_transaction"."kind" = %s))
UNION ALL
  (SELECT "tracking_activity"."contact_id" AS "contact_id"
   FROM "tracking_activity"
   WHERE ("tracking_activity"."workspace_id" = %s
          AND "tracking_activity"."occurred_at" < %s
          AND "tracking_activity"."kind_id" IN (%s,
                                                %s)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
