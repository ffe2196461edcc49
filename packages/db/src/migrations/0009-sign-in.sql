CREATE TABLE "recovery_codes" (
  "user_id" text NOT NULL,
  "hash" text NOT NULL,
  "used_at" timestamp with time zone,
  CONSTRAINT "recovery_codes_user_id_hash_pk" PRIMARY KEY("user_id","hash")
);
CREATE TABLE "sessions" (
  "id" text PRIMARY KEY NOT NULL,
  "user_id" text NOT NULL,
  "hash" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
  "idle_expires_at" timestamp with time zone NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "address" text NOT NULL,
  "user_agent" text NOT NULL,
  CONSTRAINT "sessions_hash_unique" UNIQUE("hash")
);
CREATE TABLE "set_up_links" (
  "id" text PRIMARY KEY NOT NULL,
  "hash" text NOT NULL,
  "user_id" text,
  "resets_totp" boolean DEFAULT false NOT NULL,
  "created_by" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "used_at" timestamp with time zone,
  CONSTRAINT "set_up_links_hash_unique" UNIQUE("hash")
);
CREATE TABLE "sign_in_tries" (
  "kind" text NOT NULL,
  "subject" text NOT NULL,
  "failures" integer NOT NULL,
  "last_at" timestamp with time zone DEFAULT now() NOT NULL,
  "blocked_until" timestamp with time zone NOT NULL,
  CONSTRAINT "sign_in_tries_kind_subject_pk" PRIMARY KEY("kind","subject"),
  CONSTRAINT "sign_in_tries_kind" CHECK ("sign_in_tries"."kind" in ('address', 'account')),
  CONSTRAINT "sign_in_tries_failures" CHECK ("sign_in_tries"."failures" >= 0)
);
CREATE TABLE "totp" (
  "user_id" text PRIMARY KEY NOT NULL,
  "sealed_secret" text NOT NULL,
  "confirmed_at" timestamp with time zone,
  "used_step" bigint,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "totp_used_step" CHECK ("totp"."used_step" >= 0)
);
ALTER TABLE "admin_tokens" ADD COLUMN "scopes" jsonb DEFAULT '["*"]'::jsonb NOT NULL;
ALTER TABLE "admin_tokens" ADD COLUMN "created_by" text DEFAULT 'system' NOT NULL;
ALTER TABLE "admin_tokens" ADD COLUMN "last_used_at" timestamp with time zone;
ALTER TABLE "groups" ADD COLUMN "self_service" boolean DEFAULT false NOT NULL;
ALTER TABLE "keys" ADD COLUMN "made_by_owner" boolean DEFAULT false NOT NULL;
ALTER TABLE "users" ADD COLUMN "password_hash" text;
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "set_up_links" ADD CONSTRAINT "set_up_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "totp" ADD CONSTRAINT "totp_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id","id");
CREATE INDEX "set_up_links_user" ON "set_up_links" USING btree ("user_id");
CREATE INDEX "sign_in_tries_last" ON "sign_in_tries" USING btree ("last_at");
ALTER TABLE "admin_tokens" ADD CONSTRAINT "admin_tokens_scopes" CHECK (jsonb_typeof("admin_tokens"."scopes") = 'array');
