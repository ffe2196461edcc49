import type { TollgateClient } from '@tollgate/api';

/**
 * The admin's "it works again" for every account, and every session free to choose anew: what one case did to an
 * account must not decide the next case. An account's own memory is what the limits suites prove.
 */
export async function clearAccountMemory(admin: TollgateClient): Promise<void> {
  const { items } = await admin.accounts.list.query({ limit: 100 });
  await Promise.all(items.map(({ id }) => admin.accounts.clearState.mutate({ id })));
  await admin.sticky.clear.mutate({ all: true });
}
