-- OPS-5: rules, what is known of them, what has fired, and the messages that are to be sent.
CREATE TABLE "alert_channels" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "kind" text NOT NULL,
  "config" jsonb NOT NULL,
  "sealed_url" text,
  "sealed_secret" text,
  "is_enabled" boolean DEFAULT true NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "alert_channels_name_unique" UNIQUE("name"),
  CONSTRAINT "alert_channels_kind" CHECK ("alert_channels"."kind" in ('email', 'webhook', 'slack', 'feishu', 'dingtalk')),
  CONSTRAINT "alert_channels_url" CHECK (("alert_channels"."kind" = 'email') = ("alert_channels"."sealed_url" is null)),
  CONSTRAINT "alert_channels_secret" CHECK ("alert_channels"."sealed_secret" is null or "alert_channels"."kind" in ('webhook', 'feishu', 'dingtalk')),
  CONSTRAINT "alert_channels_config" CHECK (jsonb_typeof("alert_channels"."config") = 'object')
);
CREATE TABLE "alert_rules" (
  "id" text PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "position" integer NOT NULL,
  "metric" text NOT NULL,
  "filter" jsonb DEFAULT '{}'::jsonb NOT NULL,
  "comparison" text NOT NULL,
  "threshold" numeric(30, 12) NOT NULL,
  "window_minutes" integer DEFAULT 5 NOT NULL,
  "for_minutes" integer DEFAULT 0 NOT NULL,
  "severity" text DEFAULT 'warning' NOT NULL,
  "cool_down_minutes" integer DEFAULT 60 NOT NULL,
  "channel_id" text,
  "fallback_channel_id" text,
  "is_enabled" boolean DEFAULT true NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "alert_rules_name_unique" UNIQUE("name"),
  CONSTRAINT "alert_rules_position" CHECK ("alert_rules"."position" > 0),
  CONSTRAINT "alert_rules_filter" CHECK (jsonb_typeof("alert_rules"."filter") = 'object'),
  CONSTRAINT "alert_rules_comparison" CHECK ("alert_rules"."comparison" in ('above', 'below')),
  CONSTRAINT "alert_rules_threshold" CHECK ("alert_rules"."threshold" >= 0 and "alert_rules"."threshold" <> 'NaN'),
  CONSTRAINT "alert_rules_window" CHECK ("alert_rules"."window_minutes" between 1 and 1440),
  CONSTRAINT "alert_rules_for" CHECK ("alert_rules"."for_minutes" between 0 and 1440),
  CONSTRAINT "alert_rules_severity" CHECK ("alert_rules"."severity" in ('info', 'warning', 'critical')),
  CONSTRAINT "alert_rules_cool_down" CHECK ("alert_rules"."cool_down_minutes" between 0 and 10080),
  CONSTRAINT "alert_rules_fallback" CHECK ("alert_rules"."fallback_channel_id" is null or ("alert_rules"."channel_id" is not null and "alert_rules"."channel_id" <> "alert_rules"."fallback_channel_id"))
);
CREATE TABLE "alert_events" (
  "id" text PRIMARY KEY NOT NULL,
  "rule_id" text,
  "rule_name" text NOT NULL,
  "severity" text NOT NULL,
  "metric" text NOT NULL,
  "filter" jsonb DEFAULT '{}'::jsonb NOT NULL,
  "comparison" text NOT NULL,
  "threshold" numeric(30, 12) NOT NULL,
  "state" text DEFAULT 'firing' NOT NULL,
  "fired_at" timestamp with time zone NOT NULL,
  "resolved_at" timestamp with time zone,
  "value_at_fire" numeric(30, 12) NOT NULL,
  "value_at_resolve" numeric(30, 12),
  "silenced" boolean DEFAULT false NOT NULL,
  CONSTRAINT "alert_events_severity" CHECK ("alert_events"."severity" in ('info', 'warning', 'critical')),
  CONSTRAINT "alert_events_comparison" CHECK ("alert_events"."comparison" in ('above', 'below')),
  CONSTRAINT "alert_events_state" CHECK ("alert_events"."state" in ('firing', 'resolved')),
  CONSTRAINT "alert_events_resolved" CHECK (("alert_events"."state" = 'resolved') = ("alert_events"."resolved_at" is not null))
);
CREATE TABLE "alert_rule_states" (
  "rule_id" text PRIMARY KEY NOT NULL,
  "state" text DEFAULT 'ok' NOT NULL,
  "since" timestamp with time zone NOT NULL,
  "last_value" numeric(30, 12),
  "last_evaluated_at" timestamp with time zone,
  "last_notified_at" timestamp with time zone,
  "event_id" text,
  "fault" text,
  CONSTRAINT "alert_rule_states_state" CHECK ("alert_rule_states"."state" in ('ok', 'pending', 'firing'))
);
CREATE TABLE "alert_silences" (
  "id" text PRIMARY KEY NOT NULL,
  "rule_id" text,
  "filter" jsonb,
  "starts_at" timestamp with time zone NOT NULL,
  "ends_at" timestamp with time zone NOT NULL,
  "reason" text DEFAULT '' NOT NULL,
  "created_by" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "alert_silences_filter" CHECK (jsonb_typeof("alert_silences"."filter") = 'object'),
  CONSTRAINT "alert_silences_period" CHECK ("alert_silences"."ends_at" >= "alert_silences"."starts_at")
);
CREATE TABLE "alert_deliveries" (
  "id" text PRIMARY KEY NOT NULL,
  "event_id" text,
  "kind" text NOT NULL,
  "channel_id" text,
  "channel_name" text NOT NULL,
  "is_fallback" boolean DEFAULT false NOT NULL,
  "state" text DEFAULT 'waiting' NOT NULL,
  "tries" integer DEFAULT 0 NOT NULL,
  "next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
  "last_error" text,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "sent_at" timestamp with time zone,
  CONSTRAINT "alert_deliveries_kind" CHECK ("alert_deliveries"."kind" in ('firing', 'resolved', 'test')),
  CONSTRAINT "alert_deliveries_event_kind" CHECK (("alert_deliveries"."kind" = 'test') = ("alert_deliveries"."event_id" is null)),
  CONSTRAINT "alert_deliveries_state" CHECK ("alert_deliveries"."state" in ('waiting', 'sent', 'failed')),
  CONSTRAINT "alert_deliveries_sent" CHECK (("alert_deliveries"."state" = 'sent') = ("alert_deliveries"."sent_at" is not null)),
  CONSTRAINT "alert_deliveries_tries" CHECK ("alert_deliveries"."tries" >= 0)
);
ALTER TABLE "alert_deliveries" ADD CONSTRAINT "alert_deliveries_event_id_alert_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "alert_events"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "alert_deliveries" ADD CONSTRAINT "alert_deliveries_channel_id_alert_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "alert_channels"("id") ON DELETE set null ON UPDATE no action;
ALTER TABLE "alert_events" ADD CONSTRAINT "alert_events_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "alert_rules"("id") ON DELETE set null ON UPDATE no action;
ALTER TABLE "alert_rule_states" ADD CONSTRAINT "alert_rule_states_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "alert_rules"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "alert_rule_states" ADD CONSTRAINT "alert_rule_states_event_id_alert_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "alert_events"("id") ON DELETE set null ON UPDATE no action;
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_channel_id_alert_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "alert_channels"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_fallback_channel_id_alert_channels_id_fk" FOREIGN KEY ("fallback_channel_id") REFERENCES "alert_channels"("id") ON DELETE no action ON UPDATE no action;
ALTER TABLE "alert_silences" ADD CONSTRAINT "alert_silences_rule_id_alert_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "alert_rules"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "alert_deliveries_next_try" ON "alert_deliveries" USING btree ("next_try_at") WHERE "alert_deliveries"."state" = 'waiting';
CREATE INDEX "alert_deliveries_event" ON "alert_deliveries" USING btree ("event_id");
CREATE INDEX "alert_deliveries_channel" ON "alert_deliveries" USING btree ("channel_id","id");
CREATE INDEX "alert_events_fired_at" ON "alert_events" USING btree ("fired_at","id");
CREATE INDEX "alert_events_rule" ON "alert_events" USING btree ("rule_id","fired_at");
CREATE UNIQUE INDEX "alert_events_open" ON "alert_events" USING btree ("rule_id") WHERE "alert_events"."state" = 'firing';
CREATE INDEX "alert_silences_ends_at" ON "alert_silences" USING btree ("ends_at");
