import type { Clock, Logger } from '@tollgate/core';
import { createLocalStore } from '../../local/local-store.ts';
import { TEST_TIMINGS } from '../../contract/harness.ts';
import type { DirectStore, Sink } from '../../direct-store.ts';
import { StoreUnavailableError, type DegradedLimits, type Store } from '../../port.ts';
import { createResilientStore } from '../resilient-store.ts';
import { openDirect } from './open-direct.ts';

export class FakeClock implements Clock {
  #ms = 1.7e12;
  nowMs = (): number => this.#ms;
  monotonicMs = (): number => this.#ms;
  advance(ms: number): void {
    this.#ms += ms;
  }
}

/** A primary that can be gone, and says how often it was asked. */
export interface Switch {
  isGone: boolean;
  nodeCount: number;
  asked: string[];
}

/** Fire-and-forget calls are lost by a store that is gone, but those that it retries. */
const LOST = new Set(['settleHold', 'addWindowCost', 'reportAccount', 'correctReservation']);

/** An in-process store that rejects what is waited for while it is gone, and does releases all the same. */
export function switchStore(store: Store, state: Switch): DirectStore {
  return new Proxy(openDirect(store), {
    get(target, name) {
      if (name === 'nodeCount') return state.nodeCount;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        state.asked.push(String(name).replace(/To$/, ''));
        if (state.isGone && String(name).endsWith('To')) return rejectSoon(args[1] as Sink<unknown>);
        const isWaitedFor = ![
          'release',
          'releaseSession',
          'refreshSession',
          'close',
          'subscribe',
          'announce',
        ].includes(String(name));
        if (state.isGone && LOST.has(String(name))) return undefined;
        if (state.isGone && isWaitedFor) return Promise.reject(new StoreUnavailableError('gone'));
        return value.apply(target, args) as unknown;
      };
    },
  });
}

function rejectSoon(sink: Sink<unknown>): void {
  queueMicrotask(() => sink.reject(new StoreUnavailableError('gone')));
}

export const PROBE_MS = 250;

export function setUpResilient(policy: DegradedLimits = 'local', nodeCount = 2, timings = TEST_TIMINGS) {
  const clock = new FakeClock();
  const options = { clock, timings, random: () => 0 };
  const primary = createLocalStore(options);
  const local = createLocalStore(options);
  const state: Switch = { isGone: false, nodeCount, asked: [] };
  const lines: string[] = [];
  const note = (_detail: object, message: string) => void lines.push(message);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const store = createResilientStore({
    primary: switchStore(primary, state),
    local,
    policy,
    clock,
    logger,
    timings: { watchMs: 1_000, probeMs: PROBE_MS, probeMsMax: 2_000 },
  });
  return { clock, primary, local, state, store, lines };
}
