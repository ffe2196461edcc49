CREATE TABLE "account_groups" (
  "account_id" text NOT NULL,
  "group_id" text NOT NULL,
  "priority" integer,
  CONSTRAINT "account_groups_account_id_group_id_pk" PRIMARY KEY("account_id","group_id")
);
CREATE TABLE "accounts" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "platform" text NOT NULL,
  "kind" text NOT NULL,
  "base_url" text NOT NULL,
  "sealed_credentials" text NOT NULL,
  "concurrency" integer DEFAULT 3 NOT NULL,
  "priority" integer DEFAULT 50 NOT NULL,
  "status" text DEFAULT 'active' NOT NULL,
  "schedulable" boolean DEFAULT true NOT NULL,
  "expires_at" timestamp with time zone,
  "model_mapping" jsonb DEFAULT '{}'::jsonb NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "accounts_name_unique" UNIQUE("name"),
  CONSTRAINT "accounts_platform" CHECK ("accounts"."platform" in ('anthropic', 'openai', 'gemini', 'antigravity')),
  CONSTRAINT "accounts_kind" CHECK ("accounts"."kind" in ('api-key', 'oauth', 'setup-token')),
  CONSTRAINT "accounts_status" CHECK ("accounts"."status" in ('active', 'disabled', 'error')),
  CONSTRAINT "accounts_limits" CHECK ("accounts"."concurrency" >= 0),
  CONSTRAINT "accounts_model_mapping" CHECK (jsonb_typeof("accounts"."model_mapping") = 'object')
);
CREATE TABLE "admin_tokens" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "hash" text NOT NULL,
  "expires_at" timestamp with time zone,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "admin_tokens_hash_unique" UNIQUE("hash")
);
CREATE TABLE "audit" (
  "id" bigserial PRIMARY KEY NOT NULL,
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  "actor" text NOT NULL,
  "action" text NOT NULL,
  "target" text NOT NULL,
  "detail" jsonb NOT NULL
);
CREATE TABLE "outbox" (
  "id" bigserial PRIMARY KEY NOT NULL,
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  "invalidation" jsonb NOT NULL
);
CREATE TABLE "groups" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "platform" text NOT NULL,
  "status" text DEFAULT 'active' NOT NULL,
  "type" text DEFAULT 'standard' NOT NULL,
  "rate_multiplier" numeric(12, 6) DEFAULT '1' NOT NULL,
  "rpm" integer DEFAULT 0 NOT NULL,
  "unpriced_models" text DEFAULT 'refuse' NOT NULL,
  "deadlines" jsonb DEFAULT '{}'::jsonb NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "groups_name_unique" UNIQUE("name"),
  CONSTRAINT "groups_platform" CHECK ("groups"."platform" in ('anthropic', 'openai', 'gemini', 'antigravity')),
  CONSTRAINT "groups_status" CHECK ("groups"."status" in ('active', 'disabled')),
  CONSTRAINT "groups_type" CHECK ("groups"."type" in ('standard', 'subscription')),
  CONSTRAINT "groups_unpriced_models" CHECK ("groups"."unpriced_models" in ('refuse', 'allow')),
  CONSTRAINT "groups_limits" CHECK ("groups"."rate_multiplier" >= 0 and "groups"."rpm" >= 0),
  CONSTRAINT "groups_deadlines" CHECK (jsonb_typeof("groups"."deadlines") = 'object')
);
CREATE TABLE "key_groups" (
  "key_id" text NOT NULL,
  "group_id" text NOT NULL,
  "position" integer NOT NULL,
  CONSTRAINT "key_groups_key_id_group_id_pk" PRIMARY KEY("key_id","group_id"),
  CONSTRAINT "key_groups_position" CHECK ("key_groups"."position" >= 0)
);
CREATE TABLE "keys" (
  "id" text PRIMARY KEY NOT NULL,
  "user_id" text NOT NULL,
  "name" text NOT NULL,
  "hash" text NOT NULL,
  "prefix" text NOT NULL,
  "status" text DEFAULT 'active' NOT NULL,
  "ip_allow" jsonb DEFAULT '[]'::jsonb NOT NULL,
  "ip_deny" jsonb DEFAULT '[]'::jsonb NOT NULL,
  "expires_at" timestamp with time zone,
  "rpm" integer DEFAULT 0 NOT NULL,
  "concurrency" integer DEFAULT 0 NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "keys_hash_unique" UNIQUE("hash"),
  CONSTRAINT "keys_user_name" UNIQUE("user_id","name"),
  CONSTRAINT "keys_hash" CHECK ("keys"."hash" ~ '^[0-9a-f]{64}$'),
  CONSTRAINT "keys_status" CHECK ("keys"."status" in ('active', 'disabled')),
  CONSTRAINT "keys_limits" CHECK ("keys"."rpm" >= 0 and "keys"."concurrency" >= 0),
  CONSTRAINT "keys_ip_lists" CHECK (jsonb_typeof("keys"."ip_allow") = 'array' and jsonb_typeof("keys"."ip_deny") = 'array')
);
CREATE TABLE "ledger" (
  "id" text PRIMARY KEY NOT NULL,
  "user_id" text NOT NULL,
  "kind" text NOT NULL,
  "amount" numeric(30, 12) NOT NULL,
  "attempt_id" text,
  "note" text,
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "ledger_attempt" UNIQUE("attempt_id"),
  CONSTRAINT "ledger_kind" CHECK ("ledger"."kind" in ('use', 'top-up', 'adjustment', 'redeem', 'refund')),
  CONSTRAINT "ledger_use_attempt" CHECK (("ledger"."kind" = 'use') = ("ledger"."attempt_id" is not null))
);
CREATE TABLE "usage" (
  "attempt_id" text PRIMARY KEY NOT NULL,
  "request_id" text NOT NULL,
  "node_id" text NOT NULL,
  "at" timestamp with time zone NOT NULL,
  "user_id" text NOT NULL,
  "key_id" text NOT NULL,
  "group_id" text NOT NULL,
  "account_id" text NOT NULL,
  "protocol" text NOT NULL,
  "model" text NOT NULL,
  "upstream_model" text NOT NULL,
  "stream" boolean NOT NULL,
  "status" integer NOT NULL,
  "state" text NOT NULL,
  "error_code" text,
  "input_tokens" integer NOT NULL,
  "cache_read_tokens" integer NOT NULL,
  "cache_write_5m_tokens" integer NOT NULL,
  "cache_write_1h_tokens" integer NOT NULL,
  "output_tokens" integer NOT NULL,
  "reasoning_tokens" integer NOT NULL,
  "tool_prompt_tokens" integer NOT NULL,
  "web_search_requests" integer NOT NULL,
  "extra" jsonb,
  "price_version" text,
  "rate_multiplier" numeric(12, 6) NOT NULL,
  "standard_cost" numeric(30, 12) NOT NULL,
  "actual_cost" numeric(30, 12) NOT NULL,
  "duration_ms" integer NOT NULL,
  "first_token_ms" integer,
  "upstream_request_id" text,
  CONSTRAINT "usage_state" CHECK ("usage"."state" in ('settled', 'estimated', 'failed', 'unknown')),
  CONSTRAINT "usage_costs" CHECK ("usage"."standard_cost" >= 0 and "usage"."actual_cost" >= 0)
);
CREATE TABLE "users" (
  "id" text PRIMARY KEY NOT NULL,
  "email" text NOT NULL,
  "status" text DEFAULT 'active' NOT NULL,
  "role" text DEFAULT 'user' NOT NULL,
  "balance" numeric(30, 12) DEFAULT '0' NOT NULL,
  "concurrency" integer DEFAULT 5 NOT NULL,
  "rpm" integer DEFAULT 0 NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "users_email_unique" UNIQUE("email"),
  CONSTRAINT "users_email_lower" CHECK ("users"."email" = lower("users"."email")),
  CONSTRAINT "users_status" CHECK ("users"."status" in ('active', 'disabled')),
  CONSTRAINT "users_role" CHECK ("users"."role" in ('admin', 'user')),
  CONSTRAINT "users_limits" CHECK ("users"."concurrency" >= 0 and "users"."rpm" >= 0)
);
ALTER TABLE "account_groups" ADD CONSTRAINT "account_groups_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "account_groups" ADD CONSTRAINT "account_groups_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "groups"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "key_groups" ADD CONSTRAINT "key_groups_key_id_keys_id_fk" FOREIGN KEY ("key_id") REFERENCES "keys"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "key_groups" ADD CONSTRAINT "key_groups_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "groups"("id") ON DELETE restrict ON UPDATE no action;
ALTER TABLE "keys" ADD CONSTRAINT "keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "account_groups_group" ON "account_groups" USING btree ("group_id");
CREATE INDEX "key_groups_group" ON "key_groups" USING btree ("group_id");
CREATE INDEX "ledger_user_at" ON "ledger" USING btree ("user_id","at");
CREATE INDEX "usage_at" ON "usage" USING btree ("at","attempt_id");
CREATE INDEX "usage_user_at" ON "usage" USING btree ("user_id","at");
CREATE INDEX "usage_request" ON "usage" USING btree ("request_id");