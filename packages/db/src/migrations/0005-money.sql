ALTER TABLE "users" ADD COLUMN "low_balance_threshold" numeric(30, 12);
ALTER TABLE "users" ADD COLUMN "low_balance_percent" integer;
ALTER TABLE "users" ADD COLUMN "notice_emails" jsonb DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE "users" ADD COLUMN "low_balance_notified_at" timestamp with time zone;
ALTER TABLE "users" ADD COLUMN "total_recharged" numeric(30, 12) DEFAULT '0' NOT NULL;
ALTER TABLE "users" ADD CONSTRAINT "users_low_balance" CHECK ("users"."low_balance_threshold" between 0 and 1000000 and "users"."low_balance_percent" between 1 and 100);
ALTER TABLE "users" ADD CONSTRAINT "users_low_balance_one" CHECK ("users"."low_balance_threshold" is null or "users"."low_balance_percent" is null);
ALTER TABLE "users" ADD CONSTRAINT "users_notice_emails" CHECK (jsonb_typeof("users"."notice_emails") = 'array');
ALTER TABLE "users" ADD CONSTRAINT "users_total_recharged" CHECK ("users"."total_recharged" >= 0);
UPDATE "users" SET "total_recharged" = "recharged"."total" FROM (
  SELECT "user_id", sum("amount") AS "total" FROM "ledger" WHERE "kind" in ('top-up', 'redeem') and "amount" > 0 GROUP BY "user_id"
) "recharged" WHERE "recharged"."user_id" = "users"."id";

ALTER TABLE "keys" ADD COLUMN "quota" numeric(30, 12);
ALTER TABLE "keys" ADD COLUMN "limit_5h" numeric(30, 12);
ALTER TABLE "keys" ADD COLUMN "limit_1d" numeric(30, 12);
ALTER TABLE "keys" ADD COLUMN "limit_7d" numeric(30, 12);
ALTER TABLE "keys" ADD COLUMN "spent_total" numeric(30, 12) DEFAULT '0' NOT NULL;
ALTER TABLE "keys" ADD COLUMN "spent_5h" numeric(30, 12) DEFAULT '0' NOT NULL;
ALTER TABLE "keys" ADD COLUMN "started_5h" timestamp with time zone;
ALTER TABLE "keys" ADD COLUMN "spent_1d" numeric(30, 12) DEFAULT '0' NOT NULL;
ALTER TABLE "keys" ADD COLUMN "started_1d" timestamp with time zone;
ALTER TABLE "keys" ADD COLUMN "spent_7d" numeric(30, 12) DEFAULT '0' NOT NULL;
ALTER TABLE "keys" ADD COLUMN "started_7d" timestamp with time zone;
ALTER TABLE "keys" ADD CONSTRAINT "keys_money_limits" CHECK (least("keys"."quota", "keys"."limit_5h", "keys"."limit_1d", "keys"."limit_7d") > 0 and greatest("keys"."quota", "keys"."limit_5h", "keys"."limit_1d", "keys"."limit_7d") <= 1000000);
ALTER TABLE "keys" ADD CONSTRAINT "keys_spent" CHECK ("keys"."spent_total" >= 0 and "keys"."spent_5h" >= 0 and "keys"."spent_1d" >= 0 and "keys"."spent_7d" >= 0);

ALTER TABLE "groups" ADD COLUMN "limit_day" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "limit_week" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "limit_month" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "hold_max" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "hang_up" text DEFAULT 'abort' NOT NULL;
ALTER TABLE "groups" ADD COLUMN "drain_ms" integer DEFAULT 30000 NOT NULL;
ALTER TABLE "groups" ADD COLUMN "drain_tokens" integer DEFAULT 8192 NOT NULL;
ALTER TABLE "groups" ADD COLUMN "image_price_1k" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "image_price_2k" numeric(30, 12);
ALTER TABLE "groups" ADD COLUMN "image_price_4k" numeric(30, 12);
ALTER TABLE "groups" ADD CONSTRAINT "groups_money_limits" CHECK (least("groups"."limit_day", "groups"."limit_week", "groups"."limit_month") > 0 and greatest("groups"."limit_day", "groups"."limit_week", "groups"."limit_month") <= 1000000);
ALTER TABLE "groups" ADD CONSTRAINT "groups_hold_max" CHECK ("groups"."hold_max" between 0 and 1000000);
ALTER TABLE "groups" ADD CONSTRAINT "groups_hang_up" CHECK ("groups"."hang_up" in ('abort', 'drain'));
ALTER TABLE "groups" ADD CONSTRAINT "groups_drain" CHECK ("groups"."drain_ms" between 0 and 3600000 and "groups"."drain_tokens" between 0 and 10000000);
ALTER TABLE "groups" ADD CONSTRAINT "groups_image_prices" CHECK (least("groups"."image_price_1k", "groups"."image_price_2k", "groups"."image_price_4k") >= 0 and greatest("groups"."image_price_1k", "groups"."image_price_2k", "groups"."image_price_4k") <= 1000);

CREATE TABLE "subscriptions" (
  "id" text PRIMARY KEY NOT NULL,
  "user_id" text NOT NULL,
  "group_id" text NOT NULL,
  "starts_at" timestamp with time zone NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "status" text DEFAULT 'active' NOT NULL,
  "day_spent" numeric(30, 12) DEFAULT '0' NOT NULL,
  "day_started_at" timestamp with time zone,
  "week_spent" numeric(30, 12) DEFAULT '0' NOT NULL,
  "week_started_at" timestamp with time zone,
  "month_spent" numeric(30, 12) DEFAULT '0' NOT NULL,
  "month_started_at" timestamp with time zone,
  "note" text,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "subscriptions_status" CHECK ("subscriptions"."status" in ('active', 'suspended', 'revoked')),
  CONSTRAINT "subscriptions_period" CHECK ("subscriptions"."starts_at" < "subscriptions"."expires_at"),
  CONSTRAINT "subscriptions_spent" CHECK ("subscriptions"."day_spent" >= 0 and "subscriptions"."week_spent" >= 0 and "subscriptions"."month_spent" >= 0)
);
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "groups"("id") ON DELETE restrict ON UPDATE no action;
CREATE UNIQUE INDEX "subscriptions_user_group" ON "subscriptions" USING btree ("user_id","group_id") WHERE "subscriptions"."status" <> 'revoked';
CREATE INDEX "subscriptions_group" ON "subscriptions" USING btree ("group_id");

CREATE TABLE "notices" (
  "id" bigserial PRIMARY KEY NOT NULL,
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  "user_id" text NOT NULL,
  "kind" text NOT NULL,
  "detail" jsonb NOT NULL,
  "tries" integer DEFAULT 0 NOT NULL,
  "next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
  "sent_at" timestamp with time zone,
  "fault" text,
  CONSTRAINT "notices_kind" CHECK ("notices"."kind" in ('low-balance')),
  CONSTRAINT "notices_tries" CHECK ("notices"."tries" >= 0)
);
CREATE INDEX "notices_next_try" ON "notices" USING btree ("next_try_at") WHERE "notices"."sent_at" is null;

CREATE TABLE "usage_hourly" (
  "hour" timestamp with time zone NOT NULL,
  "dimensions" uuid NOT NULL,
  "user_id" text NOT NULL,
  "key_id" text NOT NULL,
  "group_id" text NOT NULL,
  "account_id" text NOT NULL,
  "model" text NOT NULL,
  "protocol" text NOT NULL,
  "state" text NOT NULL,
  "attempts" bigint NOT NULL,
  "input_tokens" bigint NOT NULL,
  "cache_read_tokens" bigint NOT NULL,
  "cache_write_5m_tokens" bigint NOT NULL,
  "cache_write_1h_tokens" bigint NOT NULL,
  "output_tokens" bigint NOT NULL,
  "reasoning_tokens" bigint NOT NULL,
  "tool_prompt_tokens" bigint NOT NULL,
  "web_search_requests" bigint NOT NULL,
  "standard_cost" numeric(30, 12) NOT NULL,
  "actual_cost" numeric(30, 12) NOT NULL,
  "duration_ms" bigint NOT NULL,
  CONSTRAINT "usage_hourly_hour_dimensions_pk" PRIMARY KEY("hour","dimensions"),
  CONSTRAINT "usage_hourly_state" CHECK ("usage_hourly"."state" in ('settled', 'estimated', 'failed', 'unknown'))
);
CREATE INDEX "usage_hourly_user" ON "usage_hourly" USING btree ("user_id","hour");

-- One name for all that a row of usage_hourly is about: seven texts do not fit into an index page.
CREATE FUNCTION tollgate_usage_dimensions(user_id text, key_id text, group_id text, account_id text, model text, protocol text, state text)
RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT encode(substring(sha256(convert_to(array[user_id, key_id, group_id, account_id, model, protocol, state]::text, 'UTF8')) FOR 16), 'hex')::uuid
$$;

CREATE TYPE tollgate_window AS (started_at timestamp with time zone, spent numeric);

-- A window after costs at the given moments, in their order. It begins with the first use after the end of the one
-- before. A cost from before its begin belongs to a window that nobody knows any more: if one that began with it
-- would be over at now_at, it counts in none; else it only came late, and counts in the present one.
CREATE FUNCTION tollgate_advance_window(started_at timestamp with time zone, spent numeric, lasts interval, moments timestamp with time zone[], costs numeric[], now_at timestamp with time zone)
RETURNS tollgate_window LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  FOR i IN 1 .. cardinality(moments) LOOP
    IF started_at IS NULL OR moments[i] >= started_at + lasts THEN
      started_at := moments[i];
      spent := costs[i];
    ELSIF moments[i] >= started_at OR moments[i] + lasts > now_at THEN
      spent := spent + costs[i];
    END IF;
  END LOOP;
  RETURN (started_at, spent)::tollgate_window;
END $$;

INSERT INTO "usage_hourly" SELECT hour, tollgate_usage_dimensions(user_id, key_id, group_id, account_id, model, protocol, state),
  user_id, key_id, group_id, account_id, model, protocol, state, count(*),
  sum(input_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens), sum(output_tokens),
  sum(reasoning_tokens), sum(tool_prompt_tokens), sum(web_search_requests), sum(standard_cost), sum(actual_cost), sum(duration_ms)
FROM (SELECT *, date_trunc('hour', at, 'UTC') AS hour FROM "usage") "booked"
GROUP BY hour, user_id, key_id, group_id, account_id, model, protocol, state;

-- Usage by month: old months are dropped, not deleted row by row. What is there already becomes one partition.
ALTER TABLE "usage" RENAME TO "usage_before_months";
ALTER TABLE "usage_before_months" DROP CONSTRAINT "usage_pkey";
ALTER INDEX "usage_at" RENAME TO "usage_before_months_at";
ALTER INDEX "usage_user_at" RENAME TO "usage_before_months_user_at";
ALTER INDEX "usage_account_at" RENAME TO "usage_before_months_account_at";
ALTER INDEX "usage_request" RENAME TO "usage_before_months_request";
ALTER TABLE "usage_before_months" ADD COLUMN "subscription_id" text;
ALTER TABLE "usage_before_months" ADD COLUMN "media" jsonb;
ALTER TABLE "usage_before_months" ADD COLUMN "was_unknown" boolean DEFAULT false NOT NULL;
CREATE TABLE "usage" (
  LIKE "usage_before_months" INCLUDING DEFAULTS,
  CONSTRAINT "usage_attempt_id_at_pk" PRIMARY KEY("attempt_id","at"),
  CONSTRAINT "usage_state" CHECK ("state" in ('settled', 'estimated', 'failed', 'unknown')),
  CONSTRAINT "usage_costs" CHECK ("standard_cost" >= 0 and "actual_cost" >= 0)
) PARTITION BY RANGE ("at");
CREATE INDEX "usage_at" ON "usage" USING btree ("at","attempt_id");
CREATE INDEX "usage_user_at" ON "usage" USING btree ("user_id","at");
CREATE INDEX "usage_account_at" ON "usage" USING btree ("account_id","at");
CREATE INDEX "usage_request" ON "usage" USING btree ("request_id");
CREATE TABLE "usage_default" PARTITION OF "usage" DEFAULT;
DO $$
DECLARE
  next_month timestamp with time zone := (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  WITH ahead AS (DELETE FROM "usage_before_months" WHERE "at" >= next_month RETURNING *)
  INSERT INTO "usage_default" SELECT * FROM ahead;
  IF EXISTS (SELECT FROM "usage_before_months") THEN
    EXECUTE format('ALTER TABLE "usage" ATTACH PARTITION "usage_before_months" FOR VALUES FROM (MINVALUE) TO (%L)', next_month);
  ELSE
    DROP TABLE "usage_before_months";
  END IF;
END $$;
