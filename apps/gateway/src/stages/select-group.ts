import { isClaudeCodeAgent, isClaudeCodeRequest, selectGroupForClient } from '@tollgate/accounts';
import { TollgateError, type GroupId, type GroupSnapshot } from '@tollgate/core';
import { buildPlatformMismatch } from '../platform-mismatch.ts';
import type { RequestContext } from '../request-context.ts';
import { isServedBy } from './is-served-by.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';

/**
 * SEL-6: a group that only one kind of client may use sends the others to its fallback group. Exit: 403, or 503
 * when a fallback cannot be loaded. Without a promise for the usual group, which is open to all.
 */
export function selectGroup(
  context: RequestContext,
  services: { snapshots: Snapshots },
): Promise<TollgateError | null> | null {
  return context.admitted.group.clientRestriction === 'none' ? null : selectForClient(context, services);
}

async function selectForClient(
  context: RequestContext,
  { snapshots }: { snapshots: Snapshots },
): Promise<TollgateError | null> {
  const { group } = context.admitted;
  const isClaudeCode = isFromClaudeCode(context);
  const groups = new Map<GroupId, GroupSnapshot>([[group.id, group]]);
  for (;;) {
    const choice = selectGroupForClient(groups, group.id, isClaudeCode);
    if (choice.kind === 'selected') {
      if (!isServedBy(context.endpoint, choice.group)) return buildPlatformMismatch([choice.group]);
      context.group = choice.group;
      return null;
    }
    if (choice.kind === 'refused') return buildRefusal(choice.reason);
    const loaded = await snapshots.groups.get(choice.groupId);
    if (loaded === null) return buildRefusal('client-restricted');
    groups.set(choice.groupId, loaded.group);
  }
}

/** Its count_tokens calls carry no metadata. */
function isFromClaudeCode({ request, endpoint, parsed }: RequestContext): boolean {
  const userAgent = request.header('user-agent');
  if (endpoint?.name === 'count-tokens') return isClaudeCodeAgent(userAgent);
  return isClaudeCodeRequest({ userAgent, metadataUserId: parsed.scan.userId });
}

function buildRefusal(reason: 'client-restricted' | 'group-inactive' | 'cycle'): TollgateError {
  if (reason === 'group-inactive') return new TollgateError('group_inactive');
  return new TollgateError('client_restricted');
}
