import { SEED_TOKEN_TTL_MS, type MoneyRequest, type PurseName, type PurseSeed } from '../money-port.ts';

export interface ModelHold {
  user: string;
  amount: bigint;
  purses: PurseName[];
  note: string | null;
  /** Its lease; gone = the hold is dead. */
  lease: object;
  isOver: boolean;
}

/** What a loader was given, and for which purses it has been used. */
export interface ModelToken {
  expiresAtMs: number;
  spent: Set<string>;
}

interface Figure {
  purse: PurseName;
  /** Of a balance what there is. */
  amount: bigint;
  endsAtMs: number | null;
}

export type ModelVerdict = 'fits' | 'held' | 'refused' | 'unknown';

const HOUR_MS = 3_600_000;
const LENGTHS_MS: Record<string, number> = { '5h': 5 * HOUR_MS, '1d': 24 * HOUR_MS, day: 24 * HOUR_MS };

/** Purses and holds as lists. `isLive`: the lease lives. */
export class ReferenceMoney {
  nowMs = 0;
  holds: ModelHold[] = [];
  readonly tokens = new Map<string, ModelToken>();
  readonly #isLive: (lease: object) => boolean;
  #figures: Figure[] = [];
  readonly #untilMs = new Map<string, number>();

  constructor(isLive: (lease: object) => boolean) {
    this.#isLive = isLive;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** null = not known. */
  read(purse: PurseName): { amount: bigint; held: bigint; hasBegun: boolean } | null {
    const figure = this.#find(purse);
    if (!figure) return null;
    const holds = this.holds.filter((hold) => this.isLive(hold) && names(hold.purses, purse));
    const held = holds.reduce((sum, { amount }) => sum + amount, 0n);
    return { amount: figure.amount, held, hasBegun: figure.endsAtMs !== null };
  }

  /** `closed`: purses that those who wait ahead are short of. */
  look({ hold, purses }: MoneyRequest, closed: ReadonlySet<string> = new Set()): ModelVerdict {
    const rests = purses.map(({ purse, limit }) => {
      const state = this.read(purse);
      return (
        state && { total: limit === null ? state.amount : limit - state.amount, held: state.held, purse }
      );
    });
    if (rests.includes(null)) return 'unknown';
    if (rests.some((rest) => rest && (rest.total <= 0n || rest.total < hold))) return 'refused';
    if (hold === 0n) return 'fits';
    const isShort = rests.some(
      (rest) => rest && (closed.has(nameOf(rest.purse)) || rest.total - rest.held < hold),
    );
    return isShort ? 'held' : 'fits';
  }

  /** The purses of a waiting request that nobody behind it may take from. */
  listShort(request: MoneyRequest): string[] {
    const verdict = this.look(request);
    const isUnknown = verdict === 'unknown';
    return request.purses
      .filter((one) =>
        isUnknown ? this.read(one.purse) === null : this.look({ ...request, purses: [one] }) !== 'fits',
      )
      .map(({ purse }) => nameOf(purse));
  }

  hold(user: string, { hold, purses, note }: MoneyRequest, lease: object): ModelHold {
    const isOver = hold === 0n && note === null;
    const taken = { user, amount: hold, purses: purses.map(({ purse }) => purse), note, lease, isOver };
    this.holds.push(taken);
    return taken;
  }

  /** Also of one that is dead. */
  settle(hold: Pick<ModelHold, 'purses'> & Partial<ModelHold>, cost: bigint): void {
    hold.isOver = true;
    for (const purse of hold.purses) {
      const figure = this.#find(purse);
      if (!figure) continue;
      figure.amount += purse.kind === 'balance' ? -cost : cost;
      const length = 'window' in purse ? LENGTHS_MS[purse.window] : undefined;
      if (cost > 0n && length !== undefined) figure.endsAtMs ??= this.nowMs + length;
    }
  }

  isLive(hold: ModelHold): boolean {
    return !hold.isOver && this.#isLive(hold.lease);
  }

  listLost(): string[] {
    return this.holds
      .filter((hold) => !hold.isOver && hold.note !== null && !this.isLive(hold))
      .map(({ user, note, amount }) => `${user} ${note} ${amount}`)
      .toSorted();
  }

  forgetLost(): void {
    for (const hold of this.holds) if (!this.isLive(hold)) hold.note = null;
  }

  /** The token that the next answer "unknown" gives. */
  askToken(user: string, purses: readonly PurseName[]): ModelToken {
    const unknown = purses.filter((purse) => this.read(purse) === null).map(nameOf);
    const known = this.tokens.get(user);
    if (known && known.expiresAtMs > this.nowMs && !unknown.some((name) => known.spent.has(name)))
      return known;
    const token = { expiresAtMs: this.nowMs + SEED_TOKEN_TTL_MS, spent: new Set<string>() };
    this.tokens.set(user, token);
    return token;
  }

  /** `endsInMs`: how long the present window still lasts; null = none has begun. */
  seed(
    user: string,
    { purse, amount }: PurseSeed,
    endsInMs: number | null,
    token: ModelToken,
    ttlMs: number,
  ): void {
    const isValid = this.tokens.get(user) === token && token.expiresAtMs > this.nowMs;
    if (!isValid || token.spent.has(nameOf(purse))) return;
    token.spent.add(nameOf(purse));
    if (this.#find(purse)) return;
    if (!this.#figures.some((figure) => figure.purse.userId === user))
      this.#untilMs.set(user, this.nowMs + ttlMs);
    this.#figures.push({ purse, amount, endsAtMs: endsInMs === null ? null : this.nowMs + endsInMs });
  }

  drop(user: string): void {
    this.#figures = this.#figures.filter(({ purse }) => purse.userId !== user);
    this.tokens.delete(user);
  }

  #find(purse: PurseName): Figure | null {
    this.#figures = this.#figures.filter((one) => (this.#untilMs.get(one.purse.userId) ?? 0) > this.nowMs);
    const figure = this.#figures.find((one) => nameOf(one.purse) === nameOf(purse));
    if (!figure) return null;
    if (figure.endsAtMs !== null && figure.endsAtMs <= this.nowMs) {
      figure.amount = 0n;
      figure.endsAtMs = null;
    }
    return figure;
  }
}

function names(purses: readonly PurseName[], purse: PurseName): boolean {
  return purses.some((other) => nameOf(other) === nameOf(purse));
}

function nameOf(purse: PurseName): string {
  return JSON.stringify(purse);
}
