ALTER TABLE "groups" ADD COLUMN "messages_dispatch" jsonb DEFAULT '{"allowed": true, "families": {}, "defaultModel": null}'::jsonb NOT NULL;
ALTER TABLE "groups" ADD CONSTRAINT "groups_messages_dispatch" CHECK (jsonb_typeof("groups"."messages_dispatch") = 'object');
ALTER TABLE "accounts" ADD COLUMN "upstream_protocol" text;
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_upstream_protocol" CHECK ("accounts"."upstream_protocol" is null or ("accounts"."upstream_protocol" in ('chat', 'responses') and "accounts"."platform" = 'openai'));
ALTER TABLE "groups" ADD COLUMN "model_scopes" jsonb;
ALTER TABLE "groups" ADD CONSTRAINT "groups_model_scopes" CHECK (jsonb_typeof("groups"."model_scopes") = 'array');
ALTER TABLE "groups" ADD COLUMN "mcp_xml_inject" boolean DEFAULT false NOT NULL;
ALTER TABLE "accounts" ADD COLUMN "project" text;
