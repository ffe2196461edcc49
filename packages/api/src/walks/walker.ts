import { addPerson } from '../testing/add-person.ts';
import type { TestApi } from '../testing/start-test-api.ts';
import { createSession } from '../sign-in/sessions.ts';
import { buildSessionCookie } from '../web/session-cookie.ts';
import { AS_ADMIN } from './call-procedure.ts';
import type { WalkedProcedure } from './list-procedures.ts';

/** For persons alone: a token is nobody. */
export function isOwn({ path }: Pick<WalkedProcedure, 'path'>): boolean {
  return path.startsWith('me.') || path === 'auth.signOutEverywhere';
}

/** Who calls what in a walk: an admin's token, or a person whom no generated id names. */
export class Walker {
  readonly #api: TestApi;
  readonly userId: string;

  constructor(api: TestApi, userId: string) {
    this.#api = api;
    this.userId = userId;
  }

  static async create(api: TestApi): Promise<Walker> {
    return new Walker(api, await addPerson(api, 'walker@example.com'));
  }

  /** Of a person with a new session, as some calls end it. */
  async selectHeaders(procedure: Pick<WalkedProcedure, 'path'>): Promise<Readonly<Record<string, string>>> {
    if (!isOwn(procedure)) return AS_ADMIN;
    const { db, services, url } = this.#api;
    const web = { address: '198.51.100.1', userAgent: 'Walk/1.0' };
    const { token } = await db.transaction((tx) =>
      createSession(tx, this.userId, web, services.signIn, services.clock.nowMs()),
    );
    const [cookie = ''] = buildSessionCookie(token, services.signIn.lifeMs, false).split(';');
    return { cookie, origin: url };
  }
}
