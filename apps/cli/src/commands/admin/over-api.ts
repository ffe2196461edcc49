import { buildSetUpUrl } from '@tollgate/api/server';
import { connect, readControlUrl, type ConnectFlags } from '../../connect.ts';

/** The link that asks for the password; null = there is a password. */
export async function createOverApi(
  flags: ConnectFlags,
  { email, password }: { email: string; password: string | null },
): Promise<string | null> {
  const client = connect(flags);
  const user = await client.users.create.mutate({ email, role: 'admin' });
  const link = await client.setUpLinks.create.mutate({ userId: user.id });
  if (password === null) return link.url ?? buildSetUpUrl(readControlUrl(flags), link.token);
  await client.auth.useSetUpLink.mutate({ token: link.token, password });
  return null;
}

export async function linkOverApi(
  flags: ConnectFlags,
  { email, resetsTotp }: { email: string | null; resetsTotp: boolean },
): Promise<string> {
  const client = connect(flags);
  const whom = email === null ? {} : { userId: (await client.users.get.query({ email })).id };
  const link = await client.setUpLinks.create.mutate({ ...whom, resetsTotp });
  return link.url ?? buildSetUpUrl(readControlUrl(flags), link.token);
}
