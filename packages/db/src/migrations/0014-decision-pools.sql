-- OPS-9: rows get smaller. Who might have served is alike for thousands of requests, so each such list is stored once a day,
-- under a hash of its text, and what else was decided is text that only its reader parses. Older rows keep their detail.
ALTER TABLE "request_decisions" ALTER COLUMN "detail" DROP NOT NULL;
ALTER TABLE "request_decisions" ADD COLUMN "first_content_after_ms" integer;
ALTER TABLE "request_decisions" ADD COLUMN "trace" text;
-- No foreign key: partitions of both are dropped by themselves. A pool's day is that after its last use, see its writer.
CREATE TABLE "decision_pools" (
  "id" text NOT NULL,
  "at" timestamp with time zone NOT NULL,
  "pool" text NOT NULL,
  CONSTRAINT "decision_pools_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
CREATE TABLE "decision_pools_default" PARTITION OF "decision_pools" DEFAULT;
