ALTER TABLE "accounts" ADD COLUMN "status_reason" text;
ALTER TABLE "accounts" ADD COLUMN "next_refresh_at" timestamp with time zone;
ALTER TABLE "accounts" ADD COLUMN "refreshed_at" timestamp with time zone;
ALTER TABLE "accounts" ADD COLUMN "refreshed_from" text;
ALTER TABLE "accounts" ADD COLUMN "refresh_failures" integer DEFAULT 0 NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "refresh_fence" bigint DEFAULT 0 NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "refresh_lease_until" timestamp with time zone;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_refresh" CHECK ("accounts"."refresh_failures" >= 0 and "accounts"."refresh_fence" >= 0);
CREATE INDEX "accounts_next_refresh" ON "accounts" USING btree ("next_refresh_at") WHERE "accounts"."next_refresh_at" is not null;
