-- OPS-9: one row a request. No foreign keys: it outlives what it names. Partitioned by day, with a partition for what has
-- no day yet.
CREATE TABLE "request_decisions" (
  "request_id" text NOT NULL,
  "at" timestamp with time zone NOT NULL,
  "node_id" text NOT NULL,
  "user_id" text NOT NULL,
  "key_id" text NOT NULL,
  "group_id" text NOT NULL,
  "endpoint" text NOT NULL,
  "protocol" text NOT NULL,
  "model" text,
  "stream" boolean,
  "status" integer NOT NULL,
  "error_code" text,
  "duration_ms" integer NOT NULL,
  "attempts" integer NOT NULL,
  "detail" jsonb NOT NULL,
  CONSTRAINT "request_decisions_request_id_at_pk" PRIMARY KEY("request_id","at")
) PARTITION BY RANGE ("at");
CREATE INDEX "request_decisions_at" ON "request_decisions" USING btree ("at","request_id");
CREATE INDEX "request_decisions_user_at" ON "request_decisions" USING btree ("user_id","at");
CREATE TABLE "request_decisions_default" PARTITION OF "request_decisions" DEFAULT;
