ALTER TABLE "users" ADD COLUMN "tpm" integer DEFAULT 0 NOT NULL;
ALTER TABLE "users" ADD COLUMN "weight" integer DEFAULT 1 NOT NULL;
ALTER TABLE "users" ADD COLUMN "queue_max" integer;
ALTER TABLE "users" ADD COLUMN "token_limit" bigint DEFAULT 0 NOT NULL;
ALTER TABLE "users" ADD COLUMN "token_usage" bigint DEFAULT 0 NOT NULL;
ALTER TABLE "users" ADD COLUMN "last_reset_at" timestamp with time zone;
ALTER TABLE "users" ADD CONSTRAINT "users_tpm" CHECK ("users"."tpm" between 0 and 1000000000);
ALTER TABLE "users" ADD CONSTRAINT "users_weight" CHECK ("users"."weight" between 1 and 100);
ALTER TABLE "users" ADD CONSTRAINT "users_queue_max" CHECK ("users"."queue_max" between 0 and 1000000);
ALTER TABLE "users" ADD CONSTRAINT "users_token_quota" CHECK ("users"."token_limit" between 0 and 1000000000000 and "users"."token_usage" >= 0);

ALTER TABLE "keys" ADD COLUMN "tpm" integer DEFAULT 0 NOT NULL;
ALTER TABLE "keys" ADD CONSTRAINT "keys_tpm" CHECK ("keys"."tpm" between 0 and 1000000000);

ALTER TABLE "groups" ADD COLUMN "tpm" integer DEFAULT 0 NOT NULL;
ALTER TABLE "groups" ADD COLUMN "client_restriction" text DEFAULT 'none' NOT NULL;
ALTER TABLE "groups" ADD COLUMN "fallback_group_id" text;
ALTER TABLE "groups" ADD COLUMN "invalid_request_fallback_group_id" text;
ALTER TABLE "groups" ADD COLUMN "model_routing" jsonb DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE "groups" ADD COLUMN "queue_timeout_ms" integer DEFAULT 60000 NOT NULL;
ALTER TABLE "groups" ADD CONSTRAINT "groups_fallback_group_id_groups_id_fk" FOREIGN KEY ("fallback_group_id") REFERENCES "groups"("id") ON DELETE restrict ON UPDATE no action;
ALTER TABLE "groups" ADD CONSTRAINT "groups_invalid_request_fallback_group_id_groups_id_fk" FOREIGN KEY ("invalid_request_fallback_group_id") REFERENCES "groups"("id") ON DELETE restrict ON UPDATE no action;
ALTER TABLE "groups" ADD CONSTRAINT "groups_tpm" CHECK ("groups"."tpm" between 0 and 1000000000);
ALTER TABLE "groups" ADD CONSTRAINT "groups_client_restriction" CHECK ("groups"."client_restriction" in ('none', 'claude-code'));
ALTER TABLE "groups" ADD CONSTRAINT "groups_own_fallback" CHECK ("groups"."fallback_group_id" <> "groups"."id" and "groups"."invalid_request_fallback_group_id" <> "groups"."id");
ALTER TABLE "groups" ADD CONSTRAINT "groups_model_routing" CHECK (jsonb_typeof("groups"."model_routing") = 'array');
ALTER TABLE "groups" ADD CONSTRAINT "groups_queue_timeout" CHECK ("groups"."queue_timeout_ms" between 1 and 3600000);
CREATE INDEX "groups_fallback" ON "groups" USING btree ("fallback_group_id");
CREATE INDEX "groups_invalid_request_fallback" ON "groups" USING btree ("invalid_request_fallback_group_id");

ALTER TABLE "accounts" ADD COLUMN "sealed_proxy_url" text;
ALTER TABLE "accounts" ADD COLUMN "proxy_shown" text;
ALTER TABLE "accounts" ADD COLUMN "sessions_max" integer DEFAULT 0 NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "session_idle_ms" integer DEFAULT 300000 NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "window_cost_limit" numeric(30, 12);
ALTER TABLE "accounts" ADD COLUMN "window_cost_reserve" numeric(30, 12) DEFAULT '10' NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "intercepts_warm_ups" boolean DEFAULT false NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "passed_statuses" jsonb;
ALTER TABLE "accounts" ADD COLUMN "pause_rules" jsonb DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "pinned_headers" jsonb DEFAULT '{}'::jsonb NOT NULL;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_proxy" CHECK (("accounts"."sealed_proxy_url" is null) = ("accounts"."proxy_shown" is null));
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_sessions" CHECK ("accounts"."sessions_max" between 0 and 1000000000 and "accounts"."session_idle_ms" between 1000 and 86400000);
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_window_cost" CHECK ("accounts"."window_cost_limit" between 0 and 1000000000 and "accounts"."window_cost_reserve" between 0 and 1000000000);
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_passed_statuses" CHECK (jsonb_typeof("accounts"."passed_statuses") = 'array');
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_pause_rules" CHECK (jsonb_typeof("accounts"."pause_rules") = 'array');
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_pinned_headers" CHECK (jsonb_typeof("accounts"."pinned_headers") = 'object');

CREATE TABLE "rpm_overrides" (
  "user_id" text NOT NULL,
  "group_id" text NOT NULL,
  "rpm" integer NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "rpm_overrides_user_id_group_id_pk" PRIMARY KEY("user_id","group_id"),
  CONSTRAINT "rpm_overrides_rpm" CHECK ("rpm_overrides"."rpm" between 0 and 1000000000)
);
ALTER TABLE "rpm_overrides" ADD CONSTRAINT "rpm_overrides_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "rpm_overrides" ADD CONSTRAINT "rpm_overrides_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "groups"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "rpm_overrides_group" ON "rpm_overrides" USING btree ("group_id","user_id");

CREATE INDEX "usage_account_at" ON "usage" USING btree ("account_id","at");
