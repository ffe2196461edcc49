import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import type { TestApi } from '../testing/start-test-api.ts';

const SINCE = new Date(2_000);
const WATCHED = { metric: 'errors', comparison: 'above', threshold: '1' } as const;

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
  const [channelId, channelName] = [channel.id, channel.name];
  const [ruleId, ruleName] = [createId('alertRule', Date.now()), `rule ${index}`];
  const silenceId = createId('alertSilence', Date.now());
  const eventId = createId('alertEvent', Date.now());
  const rule = { ...WATCHED, id: ruleId, name: ruleName, position: index + 1, channelId };
  await db.insert(schema.alertRules).values(rule);
  const endsAt = new Date(Date.now() + 3_600_000);
  const silence = { id: silenceId, ruleId, startsAt: SINCE, endsAt, createdBy: 'system' };
  await db.insert(schema.alertSilences).values(silence);
  const event = { ...WATCHED, id: eventId, ruleId, ruleName, firedAt: SINCE, valueAtFire: '2' };
  await db.insert(schema.alertEvents).values({ ...event, severity: 'info' });
  await db.insert(schema.alertRuleStates).values({ ruleId, state: 'firing', since: SINCE, eventId });
  const id = createId('alertDelivery', Date.now());
  await db.insert(schema.alertDeliveries).values({ id, eventId, kind: 'firing', channelId, channelName });
  return [channelId, ruleId, silenceId, eventId, channelName, ruleName];
}
