-- {"type": "segments.entered", "segment": "2001", "days": 7}
-- People who entered the segment “Loyal” in the last 7 days.
-- These contacts:
(
   (SELECT "contacts_contact"."id" AS "pk"
    FROM "contacts_contact"
    WHERE ("contacts_contact"."workspace_id" = %s
           AND "contacts_contact"."erased_at" IS NULL
           AND "contacts_contact"."merged_into_id" IS NULL
           AND "contacts_contact"."known_since" < %s
           AND ("contacts_contact"."id" IN
                  (SELECT V0."id" AS "pk"
                   FROM "contacts_contact" V0
                   WHERE (V0."workspace_id" = %s
                          AND V0."erased_at" IS NULL
                          AND V0."merged_into_id" IS NULL
                          AND V0."known_since" < %s
                          AND V0."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "contacts_contacttag" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."tag_id" IN (%s)))))
                OR "contacts_contact"."id" IN
                  (SELECT U0."contact_id" AS "contact_id"
                   FROM "segments_segmentpin" U0
                   WHERE (U0."workspace_id" = %s
                          AND (U0."valid_to" IS NULL
                               OR U0."valid_to" > %s)
                          AND U0."valid_from" <= %s
                          AND U0."direction" = %s
                          AND U0."segment_id" = %s)))
           AND NOT ("contacts_contact"."id" IN
                      (SELECT U0."contact_id" AS "contact_id"
                       FROM "segments_segmentpin" U0
                       WHERE (U0."workspace_id" = %s
                              AND (U0."valid_to" IS NULL
                                   OR U0."valid_to" > %s)
                              AND U0."valid_from" <= %s
                              AND U0."direction" = %s
                              AND U0."segment_id" = %s)))))
 EXCEPT
   (SELECT "contacts_contact"."id" AS "pk"
    FROM "contacts_contact"
    WHERE ("contacts_contact"."workspace_id" = %s
           AND "contacts_contact"."erased_at" IS NULL
           AND "contacts_contact"."merged_into_id" IS NULL
           AND "contacts_contact"."known_since" < %s
           AND ("contacts_contact"."id" IN
                  (SELECT V0."id" AS "pk"
                   FROM "contacts_contact" V0
                   WHERE (V0."workspace_id" = %s
                          AND V0."erased_at" IS NULL
                          AND V0."merged_into_id" IS NULL
                          AND V0."known_since" < %s
                          AND V0."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "contacts_contacttag" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."tag_id" IN (%s)))))
                OR "contacts_contact"."id" IN
                  (SELECT U0."contact_id" AS "contact_id"
                   FROM "segments_segmentpin" U0
                   WHERE (U0."workspace_id" = %s
                          AND (U0."valid_to" IS NULL
                               OR U0."valid_to" > %s)
                          AND U0."valid_from" <= %s
                          AND U0."direction" = %s
                          AND U0."segment_id" = %s)))
           AND NOT ("contacts_contact"."id" IN
                      (SELECT U0."contact_id" AS "contact_id"
                       FROM "segments_segmentpin" U0
                       WHERE (U0."workspace_id" = %s
                              AND (U0."valid_to" IS NULL
                                   OR U0."valid_to" > %s)
                              AND U0."valid_from" <= %s
                              AND U0."direction" = %s
                              AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))
UNION ALL (
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s)))))
           EXCEPT
             (SELECT "contacts_contact"."id" AS "pk"
              FROM "contacts_contact"
              WHERE ("contacts_contact"."workspace_id" = %s
                     AND "contacts_contact"."erased_at" IS NULL
                     AND "contacts_contact"."merged_into_id" IS NULL
                     AND "contacts_contact"."known_since" < %s
                     AND ("contacts_contact"."id" IN
                            (SELECT V0."id" AS "pk"
                             FROM "contacts_contact" V0
                             WHERE (V0."workspace_id" = %s
                                    AND V0."erased_at" IS NULL
                                    AND V0."merged_into_id" IS NULL
                                    AND V0."known_since" < %s
                                    AND V0."id" IN
                                      (SELECT U0."contact_id" AS "contact_id"
                                       FROM "contacts_contacttag" U0
                                       WHERE (U0."workspace_id" = %s
                                              AND (U0."valid_to" IS NULL
                                                   OR U0."valid_to" > %s)
                                              AND U0."valid_from" <= %s
                                              AND U0."tag_id" IN (%s)))))
                          OR "contacts_contact"."id" IN
                            (SELECT U0."contact_id" AS "contact_id"
                             FROM "segments_segmentpin" U0
                             WHERE (U0."workspace_id" = %s
                                    AND (U0."valid_to" IS NULL
                                         OR U0."valid_to" > %s)
                                    AND U0."valid_from" <= %s
                                    AND U0."direction" = %s
                                    AND U0."segment_id" = %s)))
                     AND NOT ("contacts_contact"."id" IN
                                (SELECT U0."contact_id" AS "contact_id"
                                 FROM "segments_segmentpin" U0
                                 WHERE (U0."workspace_id" = %s
                                        AND (U0."valid_to" IS NULL
                                             OR U0."valid_to" > %s)
                                        AND U0."valid_from" <= %s
                                        AND U0."direction" = %s
                                        AND U0."segment_id" = %s))))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1001
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 77
-- 2026-03-14T23:00:00+00:00
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 77
-- 2026-03-14T23:00:00+00:00
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 77
-- 2026-03-13T23:00:00+00:00
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 77
-- 2026-03-13T23:00:00+00:00
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-13T23:00:00+00:00
-- 2026-03-13T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 77
-- 2026-03-12T23:00:00+00:00
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 77
-- 2026-03-12T23:00:00+00:00
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-12T23:00:00+00:00
-- 2026-03-12T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 77
-- 2026-03-11T23:00:00+00:00
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 77
-- 2026-03-11T23:00:00+00:00
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-11T23:00:00+00:00
-- 2026-03-11T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 77
-- 2026-03-10T23:00:00+00:00
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 77
-- 2026-03-10T23:00:00+00:00
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-10T23:00:00+00:00
-- 2026-03-10T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 77
-- 2026-03-09T23:00:00+00:00
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 77
-- 2026-03-09T23:00:00+00:00
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-09T23:00:00+00:00
-- 2026-03-09T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 77
-- 2026-03-08T23:00:00+00:00
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 77
-- 2026-03-08T23:00:00+00:00
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-08T23:00:00+00:00
-- 2026-03-08T23:00:00+00:00
-- 'out'
-- 2001
-- 77
-- 2026-03-07T23:00:00+00:00
-- 77
-- 2026-03-07T23:00:00+00:00
-- 77
-- 2026-03-07T23:00:00+00:00
-- 2026-03-07T23:00:00+00:00
-- 1001
-- 77
-- 2026-03-07T23:00:00+00:00
-- 2026-03-07T23:00:00+00:00
-- 'in'
-- 2001
-- 77
-- 2026-03-07T23:00:00+00:00
-- 2026-03-07T23:00:00+00:00
-- 'out'
-- 2001
