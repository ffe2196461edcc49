import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import type { Change } from '../../change/run-change.ts';
import type { Rule } from './rule-schemas.ts';

const { alertDeliveries, alertEvents, alertRules } = schema;

/**
 * Resolves the open event of a rule that is about to go. The row is locked first: an evaluator that fires at the same
 * moment has either done so, or finds no rule.
 */
export async function endRuleEvent(
  { tx, now, createId }: Change,
  { id, channelId }: Pick<Rule, 'id' | 'channelId'>,
): Promise<void> {
  await tx.select({ id: alertRules.id }).from(alertRules).where(eq(alertRules.id, id)).for('update');
  const [event] = await tx
    .update(alertEvents)
    .set({ state: 'resolved', resolvedAt: now })
    .where(and(eq(alertEvents.ruleId, id), eq(alertEvents.state, 'firing')))
    .returning({ id: alertEvents.id });
  if (!event || channelId === null) return;
  const [told] = await tx
    .select({ channelName: alertDeliveries.channelName })
    .from(alertDeliveries)
    .where(and(eq(alertDeliveries.eventId, event.id), eq(alertDeliveries.channelId, channelId)))
    .limit(1);
  if (!told) return;
  await tx.insert(alertDeliveries).values({
    ...told,
    id: createId('alertDelivery'),
    eventId: event.id,
    kind: 'resolved',
    channelId,
    nextTryAt: now,
    createdAt: now,
  });
}
