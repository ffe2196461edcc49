-- Who of a notice's readers is still to get it, and what was given up.
ALTER TABLE "notices" ADD COLUMN "pending" jsonb;
ALTER TABLE "notices" ADD COLUMN "failed_at" timestamp with time zone;
DROP INDEX "notices_next_try";
CREATE INDEX "notices_next_try" ON "notices" USING btree ("next_try_at") WHERE "notices"."sent_at" is null and "notices"."failed_at" is null;

CREATE TABLE "reconciliation_items" (
  "reconciliation_id" text NOT NULL,
  "n" integer NOT NULL,
  "from_at" timestamp with time zone NOT NULL,
  "to_at" timestamp with time zone NOT NULL,
  "model" text,
  "request_id" text,
  "requests" bigint,
  "input_tokens" bigint,
  "cache_read_tokens" bigint,
  "cache_write_5m_tokens" bigint,
  "cache_write_1h_tokens" bigint,
  "output_tokens" bigint,
  "web_search_requests" bigint,
  "cost" numeric(30, 12),
  CONSTRAINT "reconciliation_items_reconciliation_id_n_pk" PRIMARY KEY("reconciliation_id","n")
);
CREATE TABLE "reconciliation_rows" (
  "reconciliation_id" text NOT NULL,
  "from_at" timestamp with time zone NOT NULL,
  "to_at" timestamp with time zone NOT NULL,
  "model" text NOT NULL,
  "side" text NOT NULL,
  "requests" bigint,
  "input_tokens" bigint,
  "cache_read_tokens" bigint,
  "cache_write_5m_tokens" bigint,
  "cache_write_1h_tokens" bigint,
  "output_tokens" bigint,
  "web_search_requests" bigint,
  "cost" numeric(30, 12),
  CONSTRAINT "reconciliation_rows_reconciliation_id_from_at_model_side_pk" PRIMARY KEY("reconciliation_id","from_at","model","side"),
  CONSTRAINT "reconciliation_rows_side" CHECK ("reconciliation_rows"."side" in ('ours', 'theirs'))
);
CREATE TABLE "reconciliations" (
  "id" text PRIMARY KEY NOT NULL,
  "account_id" text NOT NULL,
  "account_name" text NOT NULL,
  "provider" text NOT NULL,
  "file_name" text NOT NULL,
  "file_hash" text NOT NULL,
  "status" text DEFAULT 'open' NOT NULL,
  "parts" integer DEFAULT 0 NOT NULL,
  "items" integer DEFAULT 0 NOT NULL,
  "matched_by" text,
  "from_at" timestamp with time zone,
  "to_at" timestamp with time zone,
  "missing_ours" integer,
  "missing_theirs" integer,
  "missing_sample" jsonb,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "finished_at" timestamp with time zone,
  CONSTRAINT "reconciliations_provider" CHECK ("reconciliations"."provider" in ('anthropic', 'openai')),
  CONSTRAINT "reconciliations_status" CHECK ("reconciliations"."status" in ('open', 'done')),
  CONSTRAINT "reconciliations_matched_by" CHECK ("reconciliations"."matched_by" in ('request', 'period'))
);
CREATE TABLE "redeem_batches" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "amount" numeric(30, 12),
  "concurrency" integer,
  "group_id" text,
  "days" integer,
  "count" integer NOT NULL,
  "expires_at" timestamp with time zone,
  "note" text,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "redeem_batches_worth" CHECK (("redeem_batches"."kind" = 'balance' and "redeem_batches"."amount" is not null and num_nonnulls("redeem_batches"."concurrency", "redeem_batches"."group_id", "redeem_batches"."days") = 0) or ("redeem_batches"."kind" = 'concurrency' and "redeem_batches"."concurrency" is not null and num_nonnulls("redeem_batches"."amount", "redeem_batches"."group_id", "redeem_batches"."days") = 0) or ("redeem_batches"."kind" = 'subscription' and num_nulls("redeem_batches"."group_id", "redeem_batches"."days") = 0 and num_nonnulls("redeem_batches"."amount", "redeem_batches"."concurrency") = 0)),
  CONSTRAINT "redeem_batches_figures" CHECK ("redeem_batches"."amount" > 0 and "redeem_batches"."concurrency" > 0 and "redeem_batches"."days" > 0 and "redeem_batches"."count" between 1 and 10000)
);
CREATE TABLE "redeem_codes" (
  "id" text PRIMARY KEY NOT NULL,
  "batch_id" text NOT NULL,
  "hash" text NOT NULL,
  "sealed_code" text NOT NULL,
  "prefix" text NOT NULL,
  "redeemed_at" timestamp with time zone,
  "redeemed_by" text,
  "revoked_at" timestamp with time zone,
  CONSTRAINT "redeem_codes_redeemed" CHECK (("redeem_codes"."redeemed_at" is null) = ("redeem_codes"."redeemed_by" is null)),
  CONSTRAINT "redeem_codes_state" CHECK ("redeem_codes"."redeemed_at" is null or "redeem_codes"."revoked_at" is null)
);
ALTER TABLE "reconciliation_items" ADD CONSTRAINT "reconciliation_items_reconciliation_id_reconciliations_id_fk" FOREIGN KEY ("reconciliation_id") REFERENCES "reconciliations"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "reconciliation_rows" ADD CONSTRAINT "reconciliation_rows_reconciliation_id_reconciliations_id_fk" FOREIGN KEY ("reconciliation_id") REFERENCES "reconciliations"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "redeem_codes" ADD CONSTRAINT "redeem_codes_batch_id_redeem_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "redeem_batches"("id") ON DELETE restrict ON UPDATE no action;
CREATE UNIQUE INDEX "reconciliations_file" ON "reconciliations" USING btree ("account_id","file_hash") WHERE "reconciliations"."status" = 'done';
CREATE UNIQUE INDEX "redeem_codes_hash" ON "redeem_codes" USING btree ("hash");
CREATE INDEX "redeem_codes_batch" ON "redeem_codes" USING btree ("batch_id","id");
CREATE INDEX "redeem_codes_user" ON "redeem_codes" USING btree ("redeemed_by","id") WHERE "redeem_codes"."redeemed_by" is not null;
