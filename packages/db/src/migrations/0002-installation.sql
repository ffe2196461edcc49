CREATE TABLE "installation" (
  "id" text PRIMARY KEY NOT NULL,
  "key_check" text NOT NULL
);
