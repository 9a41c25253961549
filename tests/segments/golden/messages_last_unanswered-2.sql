-- {"type": "messages.last_unanswered", "kind": "opened", "channel": "sms", "number": 1}
-- People who neither opened nor clicked any of the last 1 text message and were sent at least that many.
-- These contacts:
SELECT "tracking_message"."contact_id" AS "contact_id"
FROM "tracking_message"
WHERE ("tracking_message"."workspace_id" = %s
       AND "tracking_message"."sent_at" < %s
       AND "tracking_message"."channel" = %s
       AND NOT EXISTS
         (SELECT %s AS "a"
          FROM "tracking_messageevent" V0
          WHERE (V0."workspace_id" = %s
                 AND V0."occurred_at" < %s
                 AND V0."channel" = %s
                 AND V0."kind" IN (%s, %s)
                 AND NOT V0."is_machine"
                 AND V0."contact_id" = ("tracking_message"."contact_id")
                 AND V0."message_id" IN
                   (SELECT "pk"
                    FROM
                      (SELECT *
                       FROM
                         (SELECT U0."id" AS "pk", ROW_NUMBER() OVER (PARTITION BY U0."contact_id"
                                                                     ORDER BY U0."sent_at" DESC, U0."id" DESC) AS "qual0"
                          FROM "tracking_message" U0
                          WHERE (U0."workspace_id" = %s
                                 AND U0."sent_at" < %s
                                 AND U0."channel" = %s)) "qualify"
                       WHERE "qual0" <= %s) "qualify_mask"))
          LIMIT 1))
GROUP BY 1
HAVING COUNT("tracking_message"."id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'sms'
-- Int4(1)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'sms'
-- 'opened'
-- 'clicked'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'sms'
-- Int4(1)
-- Int4(1)
