import type { Invalidation, UserId } from '@tollgate/core';
import { checkTtl } from '../check-request.ts';
import { isWide } from '../parse-invalidations.ts';
import type { SnapshotRead } from '../port.ts';
import { keySnapshotName } from '../snapshot-names.ts';
import type { Call, Reply } from './call.ts';
import type { Keys } from './keys.ts';
import { SCRIPTS } from './scripts.ts';

export interface RedisSnapshotsContext {
  keys: Keys;
  request(call: Call): Promise<unknown>;
  requestAll(calls: readonly Call[]): Promise<Reply[]>;
}

/** The part of the Redis store that is about L2 snapshots, and about the messages that outdate them. */
export class RedisSnapshots {
  readonly #context: RedisSnapshotsContext;

  constructor(context: RedisSnapshotsContext) {
    this.#context = context;
  }

  async read(name: string): Promise<SnapshotRead> {
    const { messageNumber, wideNumber } = this.#context.keys;
    const keys = [messageNumber, wideNumber, this.#context.keys.snapshot(name)];
    const reply = await this.#context.request({ script: SCRIPTS.getSnapshot, keys, args: [] });
    const [generation, value] = reply as [string, string | null];
    return { value, generation };
  }

  async put(name: string, value: string, ttlMs: number, generation: string): Promise<void> {
    checkTtl(ttlMs);
    const keys = [this.#context.keys.messageNumber, this.#context.keys.snapshot(name)];
    await this.#context.request({ script: SCRIPTS.putSnapshot, keys, args: [generation, ttlMs, value] });
  }

  async publish(invalidations: readonly Invalidation[]): Promise<number> {
    if (invalidations.length === 0) return this.readNumber();
    // The figures first: who hears the message must not find the old figure.
    const calls = [...this.#buildDrops(invalidations), this.#buildPublish(invalidations)];
    const replies = await this.#context.requestAll(calls);
    for (const reply of replies) if ('fault' in reply) throw reply.fault;
    const last = replies.at(-1);
    return Number(last && 'value' in last ? last.value : Number.NaN);
  }

  /** Of the last message. */
  async readNumber(): Promise<number> {
    const keys = [this.#context.keys.messageNumber];
    return Number(await this.#context.request({ script: SCRIPTS.readNumber, keys, args: [] }));
  }

  #buildDrops(invalidations: readonly Invalidation[]): Call[] {
    const { keys: names } = this.#context;
    const calls: Call[] = [];
    for (const invalidation of invalidations) {
      if (invalidation.scope !== 'balance' && invalidation.scope !== 'token-quota') continue;
      const userId = invalidation.userId as UserId;
      const keys =
        invalidation.scope === 'balance'
          ? [names.purses(userId), names.seedToken(userId)]
          : [names.tokenQuota(userId)];
      calls.push({ command: 'del', args: keys });
    }
    return calls;
  }

  #buildPublish(invalidations: readonly Invalidation[]): Call {
    const { keys: names } = this.#context;
    const keys = [names.messageNumber, names.wideNumber];
    for (const invalidation of invalidations) {
      if (invalidation.scope === 'key') keys.push(names.snapshot(keySnapshotName(invalidation.keyHash)));
    }
    const wide = invalidations.some(isWide) ? 1 : 0;
    const args = [names.channel, JSON.stringify(invalidations), wide];
    return { script: SCRIPTS.publishInvalidations, keys, args };
  }
}
