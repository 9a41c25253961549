-- {"type": "contacts.anniversary", "attribute": "birthday", "window": {"calendar": "this_month", "zone": "contact"}}
-- People who have the anniversary of Birthday in this calendar month (each contact's own time zone).
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."date" IS NOT NULL
       AND (("contacts_attributevalue"."contact_id" IN
               (SELECT U0."contact_id" AS "contact_id"
                FROM "contacts_attributevalue" U0
                WHERE (U0."workspace_id" = %s
                       AND (U0."valid_to" IS NULL
                            OR U0."valid_to" > %s)
                       AND U0."valid_from" <= %s
                       AND U0."attribute_id" = %s
                       AND U0."text_norm" = %s))
             AND (((EXTRACT(MONTH
                            FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                   FROM "contacts_attributevalue"."date")) IS NULL
                  OR (((EXTRACT(MONTH
                                FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                       FROM "contacts_attributevalue"."date")) >= %s
                      AND ((EXTRACT(MONTH
                                    FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                           FROM "contacts_attributevalue"."date")) <= %s)))
            OR (NOT ("contacts_attributevalue"."contact_id" IN
                       (SELECT U0."contact_id" AS "contact_id"
                        FROM "contacts_attributevalue" U0
                        WHERE (U0."workspace_id" = %s
                               AND (U0."valid_to" IS NULL
                                    OR U0."valid_to" > %s)
                               AND U0."valid_from" <= %s
                               AND U0."attribute_id" = %s
                               AND U0."text_norm" IN (%s))))
                AND (((EXTRACT(MONTH
                               FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                      FROM "contacts_attributevalue"."date")) IS NULL
                     OR (((EXTRACT(MONTH
                                   FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                          FROM "contacts_attributevalue"."date")) >= %s
                         AND ((EXTRACT(MONTH
                                       FROM "contacts_attributevalue"."date") * %s) + EXTRACT(DAY
                                                                                              FROM "contacts_attributevalue"."date")) <= %s)))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1206
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- Int4(100)
-- Int4(100)
-- Int4(301)
-- Int4(100)
-- Int4(331)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- Int4(100)
-- Int4(100)
-- Int4(301)
-- Int4(100)
-- Int4(331)
