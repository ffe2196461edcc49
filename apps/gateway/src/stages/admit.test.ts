import {
  DEFAULT_DEADLINES,
  picoUsd,
  SNAPSHOT_SCHEMA_VERSION,
  TollgateError,
  type GroupId,
  type KeyId,
  type KeySnapshot,
  type PicoUsd,
  type RequestId,
  type SnapshotSource,
  type UserId,
} from '@tollgate/core';
import { messagesErrorShape } from '@tollgate/protocol';
import { createLocalStore, type Store } from '@tollgate/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RequestContext } from '../request-context.ts';
import type { ClientRequest, ResponseWriter } from '../server/port.ts';
import { admit } from './admit.ts';

const USER = 'usr_1' as UserId;

/** The figure that admission looks at may vanish while it is loaded: a top-up, a correction, a store that forgets. */
describe('a balance that is not known', () => {
  let store: Store;
  beforeEach(() => {
    store = createLocalStore();
  });
  afterEach(() => store.close());

  /** A balance that is invalidated `times` times while it is on its way from Postgres. */
  function createRestlessSource(times: number, balance: PicoUsd): SnapshotSource & { loads: number } {
    const unused = () => Promise.reject(new Error('not asked for'));
    return {
      loads: 0,
      loadKey: unused,
      loadPool: unused,
      async loadBalance() {
        this.loads += 1;
        if (this.loads <= times) await store.publish([{ scope: 'balance', userId: USER }]);
        return balance;
      },
    };
  }

  it.each([0, 1, 2])('[MON-4] is loaded anew after %i changes in between', async (times) => {
    const source = createRestlessSource(times, picoUsd(5n));
    const context = buildContext();
    expect(await admit(context, { store, source }, { slots: true })).toBeNull();
    expect(source.loads).toBe(times + 1);
    expect(await store.readBalance(USER)).toBe(5n);
    expect(context.leases).toHaveLength(1);
  });

  it('[MON-4] and is empty by the time it is known refuses', async () => {
    const source = createRestlessSource(1, picoUsd(0n));
    const refusal = await admit(buildContext(), { store, source }, { slots: true });
    expect(refusal).toMatchObject({ code: 'insufficient_balance' });
  });

  it('[LIM-11] that never rests is a 503 in the end, with no slot taken', async () => {
    const source = createRestlessSource(Infinity, picoUsd(5n));
    const refusal = await admit(buildContext(), { store, source }, { slots: true });
    expect(refusal).toBeInstanceOf(TollgateError);
    expect(refusal).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
    expect(await store.countSlots({ kind: 'user', userId: USER })).toBe(0);
  });
});

function buildContext(): RequestContext {
  const context = new RequestContext(REQUEST, createIdleWriter(), 0);
  context.key = KEY;
  context.group = KEY.groups[0] ?? null;
  return context;
}

const REQUEST: ClientRequest = {
  id: 'req_1' as RequestId,
  method: 'POST',
  path: '/v1/messages',
  query: '',
  remoteAddress: '127.0.0.1',
  headers: [],
  header: () => '',
  readBody: () => Promise.resolve(Buffer.alloc(0)),
};

function createIdleWriter(): ResponseWriter {
  const nothing = () => {};
  return {
    state: 'idle',
    errorShape: messagesErrorShape,
    onAbort: null,
    onDrain: null,
    send: nothing,
    sendError: nothing,
    startStream: nothing,
    write: () => true,
    end: nothing,
    cut: nothing,
  };
}

const KEY: KeySnapshot = {
  schemaVersion: SNAPSHOT_SCHEMA_VERSION,
  key: {
    id: 'key_1' as KeyId,
    name: 'k',
    status: 'active',
    ipAllow: [],
    ipDeny: [],
    expiresAtMs: null,
    rpm: 0,
    concurrency: 0,
  },
  user: { id: USER, email: 'u@example.com', status: 'active', role: 'user', concurrency: 1, rpm: 0 },
  groups: [
    {
      id: 'grp_1' as GroupId,
      name: 'g',
      platform: 'anthropic',
      status: 'active',
      type: 'standard',
      rateMultiplier: '1',
      rpm: 0,
      unpricedModels: 'refuse',
      deadlines: DEFAULT_DEADLINES,
    },
  ],
};
