-- CTL-3: what an admin has set in place of the configuration's default. A setting without a row has its default.
CREATE TABLE "settings" (
  "name" text PRIMARY KEY NOT NULL,
  "value" jsonb NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
