-- {"type": "contacts.bucket", "salt": "spring", "from_percent": 12.25, "to_percent": 100}
-- People who are in the random part “spring” from 12.25 to 100 percent.
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND mod(('x' || substr(md5(%s || ':' || "contacts_contact"."id"::text), 1, 8))::bit(32)::bigint, 10000) >= %s
       AND mod(('x' || substr(md5(%s || ':' || "contacts_contact"."id"::text), 1, 8))::bit(32)::bigint, 10000) < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'spring'
-- Int4(1225)
-- 'spring'
-- Int4(10000)
