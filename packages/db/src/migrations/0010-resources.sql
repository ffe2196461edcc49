CREATE INDEX "audit_target" ON "audit" USING btree ("target","id");
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","id");
CREATE TABLE "proxies" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "sealed_url" text NOT NULL,
  "shown" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "proxies_name_unique" UNIQUE("name")
);
ALTER TABLE "accounts" ADD COLUMN "proxy_id" text;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_proxy_id_proxies_id_fk" FOREIGN KEY ("proxy_id") REFERENCES "proxies"("id") ON DELETE no action ON UPDATE no action;
CREATE INDEX "accounts_proxy_id" ON "accounts" USING btree ("proxy_id");
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_named_proxy" CHECK ("accounts"."proxy_id" is null or "accounts"."sealed_proxy_url" is not null);
