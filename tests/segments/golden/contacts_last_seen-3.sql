-- {"type": "contacts.last_seen", "operator": "not_in", "window": {"last": 7, "unit": "days"}}
-- People who were not last seen in the last 7 days.
-- Everybody but these contacts:

  (SELECT "tracking_visit"."contact_id" AS "contact_id"
   FROM "tracking_visit"
   WHERE ("tracking_visit"."workspace_id" = %s
          AND "tracking_visit"."occurred_at" < %s
          AND "tracking_visit"."occurred_at" >= %s
          AND "tracking_visit"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s
          AND "tracking_messageevent"."occurred_at" >= %s
          AND "tracking_messageevent"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s
          AND NOT ("tracking_messageevent"."channel" = %s)
          AND "tracking_messageevent"."occurred_at" >= %s
          AND "tracking_messageevent"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_messageevent"."contact_id" AS "contact_id"
   FROM "tracking_messageevent"
   WHERE ("tracking_messageevent"."workspace_id" = %s
          AND "tracking_messageevent"."occurred_at" < %s
          AND NOT "tracking_messageevent"."is_machine"
          AND "tracking_messageevent"."kind" = %s
          AND "tracking_messageevent"."channel" = %s
          AND "tracking_messageevent"."occurred_at" >= %s
          AND "tracking_messageevent"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_activity"."contact_id" AS "contact_id"
   FROM "tracking_activity"
   WHERE ("tracking_activity"."workspace_id" = %s
          AND "tracking_activity"."occurred_at" < %s
          AND "tracking_activity"."kind_id" IN (%s)
          AND "tracking_activity"."occurred_at" >= %s
          AND "tracking_activity"."occurred_at" < %s))
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
          AND "transactions_transaction"."kind" = %s
          AND "transactions_transaction"."occurred_at" >= %s
          AND "transactions_transaction"."occurred_at" < %s))
UNION ALL
  (SELECT "tracking_activity"."contact_id" AS "contact_id"
   FROM "tracking_activity"
   WHERE ("tracking_activity"."workspace_id" = %s
          AND "tracking_activity"."occurred_at" < %s
          AND "tracking_activity"."kind_id" IN (%s,
                                                %s)
          AND "tracking_activity"."occurred_at" >= %s
          AND "tracking_activity"."occurred_at" < %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
