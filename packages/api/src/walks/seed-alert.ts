import { schema } from '@tollgate/db';
import type { TestApi } from '../testing/start-test-api.ts';

/** A channel, a rule that has fired through it, and a silence. Gives their ids and names. */
export async function seedAlert(
  { client, db }: TestApi,
  index: number,
  { webhookToken, signSecret }: { webhookToken: string; signSecret: string },
): Promise<string[]> {
  const channel = await client.alertChannels.create.mutate({
    name: `channel ${index}`,
    kind: 'webhook',
    url: `https://hooks.example/send?access_token=${webhookToken}`,
    secret: signSecret,
  });
  const rule = await client.alertRules.create.mutate({
    name: `rule ${index}`,
    metric: 'errors',
    comparison: 'above',
    threshold: 1,
    channelId: channel.id,
  });
  const silence = await client.alertSilences.create.mutate({
    ruleId: rule.id,
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const eventId = `ale_${index}`;
  const since = new Date(2_000);
  const watched = { metric: rule.metric, comparison: rule.comparison, threshold: '1' };
  const ids = { id: eventId, ruleId: rule.id, ruleName: rule.name };
  await db
    .insert(schema.alertEvents)
    .values({ ...watched, ...ids, severity: rule.severity, firedAt: since, valueAtFire: '2' });
  await db.insert(schema.alertRuleStates).values({ ruleId: rule.id, state: 'firing', since, eventId });
  await db.insert(schema.alertDeliveries).values({
    id: `ald_${index}`,
    eventId,
    kind: 'firing',
    channelId: channel.id,
    channelName: channel.name,
  });
  return [channel.id, rule.id, silence.id, eventId, channel.name, rule.name];
}
