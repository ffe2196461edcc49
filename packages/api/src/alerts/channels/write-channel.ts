import { schema } from '@tollgate/db';
import { asc, eq, or } from 'drizzle-orm';
import { isDeepStrictEqual } from 'node:util';
import type { ApiServices } from '../../base/context.ts';
import type { Change } from '../../change/run-change.ts';
import { buildProblem } from '../../problems/problem.ts';
import type { Channel, ChannelCreate, ChannelPatch, ChannelRow } from './channel-schemas.ts';
import { loadChannel, type StoredChannel } from './load-channels.ts';
import { requireChannelFields } from './require-channel-fields.ts';
import { checkChannelUrl, isSameChannelSecret, sealChannelSecret } from './seal-channel.ts';

const { alertChannels, alertRules } = schema;
const NAMES_SHOWN_MAX = 10;

type ChannelColumns = Partial<
  Pick<ChannelRow, 'name' | 'config' | 'isEnabled' | 'sealedUrl' | 'sealedSecret'>
>;

export async function insertChannel(change: Change, fields: ChannelCreate): Promise<Channel> {
  const { kind, name, isEnabled, ...given } = fields;
  requireChannelFields(kind, given, { isNew: true });
  const id = change.createId('alertChannel');
  const columns = await buildSecretColumns(change.services, id, given);
  const stamps = { createdAt: change.now, updatedAt: change.now };
  const config = columns.config ?? { recipients: given.recipients ?? [] };
  await change.tx.insert(alertChannels).values({ ...columns, ...stamps, id, name, kind, isEnabled, config });
  const { channel } = await loadChannel(change.tx, { id });
  const { recipients, host, isSigned } = channel;
  change.audit('alert-channel.create', id, { name, kind, recipients, host, isSigned, isEnabled });
  return channel;
}

/** Writes only what differs; nothing differs → nothing written or audited. */
export async function updateChannel(
  change: Change,
  { row, channel }: StoredChannel,
  patch: ChannelPatch,
): Promise<Channel> {
  requireChannelFields(row.kind, patch, { isNew: false });
  const columns = await selectChannelColumns(change.services, row, patch);
  if (Object.keys(columns).length === 0) return channel;
  await change.tx
    .update(alertChannels)
    .set({ ...columns, updatedAt: change.now })
    .where(eq(alertChannels.id, row.id));
  const { sealedUrl, sealedSecret, config, ...plain } = columns;
  change.audit('alert-channel.update', row.id, {
    ...plain,
    ...config,
    ...(sealedUrl && { url: 'set' }),
    ...(sealedSecret !== undefined && { secret: sealedSecret === null ? null : 'set' }),
  });
  return (await loadChannel(change.tx, { id: row.id })).channel;
}

/** What the patch would change, as columns; secrets are compared opened. */
export async function selectChannelColumns(
  services: ApiServices,
  row: ChannelRow,
  { name, recipients, url, secret, isEnabled }: ChannelPatch,
): Promise<ChannelColumns> {
  const isNewUrl =
    url !== undefined &&
    !isSameChannelSecret(services, row.id, 'url', row.sealedUrl, (await checkChannelUrl(services, url)).href);
  const isNewSecret =
    typeof secret === 'string' && !isSameChannelSecret(services, row.id, 'secret', row.sealedSecret, secret);
  const isNewList = recipients !== undefined && !isDeepStrictEqual(row.config, { recipients });
  return {
    ...(name !== undefined && name !== row.name && { name }),
    ...(isEnabled !== undefined && isEnabled !== row.isEnabled && { isEnabled }),
    ...(isNewList && { config: { recipients } }),
    ...(secret === null && row.sealedSecret !== null && { sealedSecret: null }),
    ...(await buildSecretColumns(services, row.id, {
      ...(isNewUrl && { url }),
      ...(isNewSecret && { secret }),
    })),
  };
}

async function buildSecretColumns(
  services: ApiServices,
  id: string,
  { url, secret }: { url?: string | undefined; secret?: string | undefined },
): Promise<Pick<ChannelColumns, 'sealedUrl' | 'sealedSecret' | 'config'>> {
  const checked = url === undefined ? null : await checkChannelUrl(services, url);
  return {
    ...(checked && {
      sealedUrl: sealChannelSecret(services, id, 'url', checked.href),
      config: { host: checked.host },
    }),
    ...(secret !== undefined && { sealedSecret: sealChannelSecret(services, id, 'secret', secret) }),
  };
}

/** One that rules use stays: they would go quiet. */
export async function removeChannel(
  change: Change,
  { id, name }: Pick<Channel, 'id' | 'name'>,
): Promise<void> {
  const users = await change.tx
    .select({ name: alertRules.name })
    .from(alertRules)
    .where(or(eq(alertRules.channelId, id), eq(alertRules.fallbackChannelId, id)))
    .orderBy(asc(alertRules.position))
    .limit(NAMES_SHOWN_MAX + 1);
  if (users.length > 0) {
    const names = users.slice(0, NAMES_SHOWN_MAX).map((rule) => rule.name);
    const more = users.length > NAMES_SHOWN_MAX ? ' and others' : '';
    throw buildProblem('conflict', '', `alert channel ${name} is used by ${names.join(', ')}${more}`);
  }
  await change.tx.delete(alertChannels).where(eq(alertChannels.id, id));
  change.audit('alert-channel.delete', id, { name });
}
