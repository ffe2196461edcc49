import type { Clock } from '@tollgate/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveNode, LiveNodes } from '../live/live-store.ts';

/** `late`: it lives and has not said so yet. `unknown`: it is silent, or of a version that does not say. */
export type NodeForce = 'in-force' | 'late' | 'unknown';

export interface NodeInForce {
  id: string;
  /** The operator's own name for it; null = none. */
  label: string | null;
  state: NodeForce;
  /** From the publishing of the change to the first look that saw it in force; null = not seen. */
  afterMs: number | null;
}

export interface InForce {
  number: number;
  /** On every node that is known. */
  isInForce: boolean;
  /** Of the last node; null = not on all. */
  afterMs: number | null;
  nodes: NodeInForce[];
}

export interface WaitOptions {
  /** The longest wait; 0 = one look. */
  waitMs: number;
  /** The caller leaves: the answer is what is known then. */
  signal?: AbortSignal | undefined;
}

/** What it needs of the state that nodes share. */
export interface NodeSource {
  listNodes(): Promise<LiveNodes>;
}

/** A node that was not heard of for so long missed its last heartbeat. */
export const SILENT_AFTER_MS = 15_000;
/** Between looks: few, as nodes answer within milliseconds, and fewer for one that takes its time. */
const LOOK_STEPS_MS = [1, 2, 4, 8, 16];
const LOOK_MS_MAX = 25;
const MOMENTS_MAX = 1_000;

/** AUTH-6: follows how changes come into force on the nodes. Those who wait at the same time share their looks. */
export class ChangeWatch {
  readonly #source: NodeSource;
  readonly #clock: Clock;
  /** Number → the monotonic moment of its publishing; the oldest go first. */
  readonly #moments = new Map<number, number>();
  #looking: Promise<LiveNodes> | null = null;

  constructor(source: NodeSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** The message of this number has just been published. */
  notePublished(number: number): void {
    const [oldest] = this.#moments.keys();
    if (this.#moments.size >= MOMENTS_MAX && oldest !== undefined) this.#moments.delete(oldest);
    if (!this.#moments.has(number)) this.#moments.set(number, this.#clock.monotonicMs());
  }

  /**
   * Resolves when the change of this number is in force on every node that can say so, at the latest after `waitMs`.
   * `afterMs` counts from the publishing where this process did it, else from the call. Rejects when the store is away.
   */
  async wait(number: number, { waitMs, signal }: WaitOptions): Promise<InForce> {
    const calledMs = this.#clock.monotonicMs();
    const publishedMs = this.#moments.get(number) ?? calledMs;
    const seen = new Map<string, number>();
    for (let look = 0; ; look += 1) {
      const { nodes } = await this.#look();
      const nowMs = this.#clock.monotonicMs();
      for (const { id, number: reached } of nodes) {
        if (reached !== null && reached >= number && !seen.has(id)) seen.set(id, nowMs - publishedMs);
      }
      const result = buildInForce(number, nodes, seen);
      const leftMs = calledMs + waitMs - nowMs;
      const isOver = leftMs <= 0 || signal?.aborted;
      if (isOver || !result.nodes.some(({ state }) => state === 'late')) return result;
      await rest(Math.min(LOOK_STEPS_MS[look] ?? LOOK_MS_MAX, leftMs), signal);
    }
  }

  #look(): Promise<LiveNodes> {
    this.#looking ??= this.#source.listNodes().finally(() => (this.#looking = null));
    return this.#looking;
  }
}

function buildInForce(
  number: number,
  nodes: readonly LiveNode[],
  seen: ReadonlyMap<string, number>,
): InForce {
  const states = nodes.map((node): NodeInForce => {
    const afterMs = seen.get(node.id);
    const label = node.about?.label ?? null;
    if (afterMs !== undefined) return { id: node.id, label, state: 'in-force', afterMs: Math.round(afterMs) };
    return { id: node.id, label, state: canTell(node) ? 'late' : 'unknown', afterMs: null };
  });
  const isInForce = states.every(({ state }) => state === 'in-force');
  const slowestMs = Math.max(0, ...states.map(({ afterMs }) => afterMs ?? 0));
  return { number, isInForce, afterMs: isInForce ? slowestMs : null, nodes: states };
}

function canTell({ about, silentMs }: LiveNode): boolean {
  return about !== null && silentMs < SILENT_AFTER_MS;
}

/** Ends early when the caller leaves. */
async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(Math.max(1, ms), null, signal ? { signal } : {}).catch(() => {});
}
