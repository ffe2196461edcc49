import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { openBrowser, type Browser, type BrowserOptions } from './open-browser.ts';
import type { TestApi } from './start-test-api.ts';

export const PASSWORD = 'correct horse battery';

/** A user who can sign in, straight on the database; gives the id. */
export async function addPerson(
  api: TestApi,
  email: string,
  role: 'admin' | 'user' = 'user',
): Promise<string> {
  const { id } = await api.client.users.create.mutate({ email, role });
  const passwordHash = await api.services.signIn.passwords.hash(PASSWORD);
  await api.db.update(schema.users).set({ passwordHash }).where(eq(schema.users.id, id));
  return id;
}

export async function signInAs(api: TestApi, email: string, options: BrowserOptions = {}): Promise<Browser> {
  const browser = openBrowser(api.url, options);
  await browser.client.auth.signIn.mutate({ email, password: PASSWORD });
  return browser;
}
