-- {"type": "ranks.top", "by": "visits", "direction": "top", "number": 5}
-- People who are among the highest 5 contacts by number of visits ever.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "tracking_visit"."contact_id" AS "contact_id",
             ROW_NUMBER() OVER (
                                ORDER BY COUNT("tracking_visit"."id") DESC, "tracking_visit"."contact_id" ASC) AS "qual0"
      FROM "tracking_visit"
      WHERE ("tracking_visit"."workspace_id" = %s
             AND "tracking_visit"."occurred_at" < %s
             AND "tracking_visit"."contact_id" IN
               (SELECT U0."id" AS "pk"
                FROM "contacts_contact" U0
                WHERE (U0."workspace_id" = %s
                       AND U0."erased_at" IS NULL
                       AND U0."merged_into_id" IS NULL
                       AND U0."known_since" < %s)))
      GROUP BY 1) "qualify"
   WHERE "qual0" <= %s) "qualify_mask"

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(5)
