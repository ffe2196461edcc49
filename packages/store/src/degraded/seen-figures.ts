import type { Clock, PicoUsd } from '@tollgate/core';

export interface SeenFiguresOptions<Id, Figure, Move = PicoUsd, Need = void> {
  clock: Clock;
  /** The store's figures, in order; null = not known there. */
  read(ids: readonly Id[]): Promise<readonly (Figure | null)[]>;
  /** What is settled on this node moves a figure. */
  move(figure: Figure, by: Move): Figure;
  /** It tells all that is asked of it. Default: always. */
  isWhole?(figure: Figure, need: Need): boolean;
  /** LIM-11: a figure that is older decides nothing. */
  graceMs: number;
  /** The one that was seen first goes when one more comes. Default 50,000. */
  entriesMax?: number;
}

/** Unless said otherwise. */
export const FIGURE_GRACE_MS = 60_000;
/** Who is active is read again after this part of the grace, so that a store that dies leaves most of it. */
const RENEW_PART = 3;
const COLLECT_MS = 50;
const READS_MAX = 256;
const ENTRIES_MAX = 50_000;

/**
 * The figures of money that this node saw in the store, moved by what the node itself settles: what decides while
 * the store is away.
 */
export class SeenFigures<Id extends string, Figure, Move = PicoUsd, Need = void> {
  readonly #options: SeenFiguresOptions<Id, Figure, Move, Need>;
  readonly #entries = new Map<Id, { figure: Figure; seenAtMs: number }>();
  readonly #wanted = new Set<Id>();
  /** What is being read, and what was moved since the question went out: the answer does not know of it. */
  readonly #asked = new Map<Id, Move[]>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SeenFiguresOptions<Id, Figure, Move, Need>) {
    this.#options = options;
  }

  /** null = not seen within the grace. */
  get(id: Id): Figure | null {
    const entry = this.#entries.get(id);
    return entry && this.#ageMs(entry) <= this.#options.graceMs ? entry.figure : null;
  }

  note(id: Id, figure: Figure): void {
    this.#entries.delete(id);
    const [oldest] = this.#entries.keys();
    const { entriesMax = ENTRIES_MAX, clock } = this.#options;
    if (oldest !== undefined && this.#entries.size >= entriesMax) this.#entries.delete(oldest);
    this.#entries.set(id, { figure, seenAtMs: clock.monotonicMs() });
  }

  /** It is in use: reads it soon, unless it was read not long ago and is whole. */
  want(id: Id, need: Need): void {
    const entry = this.#entries.get(id);
    const { graceMs, isWhole } = this.#options;
    const isFresh = entry !== undefined && this.#ageMs(entry) * RENEW_PART < graceMs;
    if (isFresh && (isWhole === undefined || isWhole(entry.figure, need))) return;
    if (this.#asked.has(id)) return;
    this.#wanted.add(id);
    this.#schedule();
  }

  move(id: Id, by: Move): void {
    if (this.#asked.size > 0) this.#asked.get(id)?.push(by);
    const entry = this.#entries.get(id);
    if (entry) entry.figure = this.#options.move(entry.figure, by);
  }

  drop(id: Id): void {
    this.#entries.delete(id);
    this.#asked.delete(id);
  }

  clear(): void {
    this.#entries.clear();
    this.#asked.clear();
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#wanted.clear();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#read();
    }, COLLECT_MS).unref();
  }

  async #read(): Promise<void> {
    const ids = [...this.#wanted].slice(0, READS_MAX);
    const asked = ids.map((id): [Id, Move[]] => [id, []]);
    for (const [id, moved] of asked) {
      this.#wanted.delete(id);
      this.#asked.set(id, moved);
    }
    if (this.#wanted.size > 0) this.#schedule();
    const figures = await this.#options.read(ids).catch(() => []);
    for (const [index, [id, moved]] of asked.entries()) this.#learn(id, moved, figures[index] ?? null);
  }

  #learn(id: Id, moved: readonly Move[], figure: Figure | null): void {
    // Another list, or none: it was dropped meanwhile, and what was read is outdated.
    if (this.#asked.get(id) !== moved) return;
    this.#asked.delete(id);
    if (figure !== null) this.note(id, moved.reduce(this.#options.move, figure));
  }

  #ageMs({ seenAtMs }: { seenAtMs: number }): number {
    return this.#options.clock.monotonicMs() - seenAtMs;
  }
}
