CREATE TABLE "price_versions" (
  "version" text PRIMARY KEY NOT NULL,
  "source" text NOT NULL,
  "built_in" text NOT NULL,
  "prices" text NOT NULL,
  "layer" text NOT NULL,
  "note" text,
  "actor" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "price_versions_source" CHECK ("price_versions"."source" in ('built-in', 'import', 'manual'))
);
CREATE TABLE "price_book" (
  "id" text PRIMARY KEY NOT NULL,
  "version" text NOT NULL,
  "since" timestamp with time zone NOT NULL,
  CONSTRAINT "price_book_one" CHECK ("price_book"."id" = 'this')
);
CREATE TABLE "rerate_plans" (
  "id" text PRIMARY KEY NOT NULL,
  "from_at" timestamp with time zone NOT NULL,
  "to_at" timestamp with time zone NOT NULL,
  "version" text NOT NULL,
  "filter" jsonb NOT NULL,
  "reason" text NOT NULL,
  "rows_seen" integer NOT NULL,
  "rows_changed" integer NOT NULL,
  "rows_unpriced" integer NOT NULL,
  "created_by" text NOT NULL,
  "created_at" timestamp with time zone NOT NULL,
  "booked_by" text,
  "booked_at" timestamp with time zone,
  CONSTRAINT "rerate_plans_booked" CHECK (("rerate_plans"."booked_by" is null) = ("rerate_plans"."booked_at" is null))
);
CREATE TABLE "rerate_rows" (
  "plan_id" text NOT NULL,
  "attempt_id" text NOT NULL,
  "at" timestamp with time zone NOT NULL,
  "user_id" text NOT NULL,
  "upstream_model" text NOT NULL,
  "state" text NOT NULL,
  "paid_from_balance" boolean NOT NULL,
  "old_version" text,
  "old_standard" numeric(30, 12) NOT NULL,
  "old_actual" numeric(30, 12) NOT NULL,
  "new_standard" numeric(30, 12) NOT NULL,
  "new_actual" numeric(30, 12) NOT NULL,
  CONSTRAINT "rerate_rows_plan_id_attempt_id_pk" PRIMARY KEY("plan_id","attempt_id"),
  CONSTRAINT "rerate_rows_costs" CHECK ("rerate_rows"."new_standard" >= 0 and "rerate_rows"."new_actual" >= 0)
);
ALTER TABLE "price_book" ADD CONSTRAINT "price_book_version_price_versions_version_fk" FOREIGN KEY ("version") REFERENCES "price_versions"("version") ON DELETE no action ON UPDATE no action;
ALTER TABLE "rerate_plans" ADD CONSTRAINT "rerate_plans_version_price_versions_version_fk" FOREIGN KEY ("version") REFERENCES "price_versions"("version") ON DELETE no action ON UPDATE no action;
ALTER TABLE "rerate_rows" ADD CONSTRAINT "rerate_rows_plan_id_rerate_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "rerate_plans"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "price_versions_created" ON "price_versions" USING btree ("created_at","version");
CREATE INDEX "rerate_plans_created" ON "rerate_plans" USING btree ("created_at","id");
