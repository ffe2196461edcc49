import type { AccountCandidate, WindowLimit, SlotHolder, SlotRequest } from '../port.ts';
import { LEASE_TTL_MS, SEED_TOKEN_TTL_MS } from '../port.ts';
import { TEST_TIMINGS } from './harness.ts';

export type Verdict = 'admitted' | 'window' | 'balance' | 'balance-unknown' | 'slots';

interface ModelLease {
  holder: string;
  expiresAtMs: number;
}

/** The store as a child would write it: lists, loops, one clock. What it says is right by definition. */
export class ReferenceModel {
  nowMs = 0;
  leases: ModelLease[] = [];
  counts = new Map<string, number>();
  balances = new Map<string, { figure: bigint; expiresAtMs: number }>();
  tokens = new Map<string, number>();
  order: string[] = [];

  advance(ms: number): void {
    this.nowMs += ms;
    if (ms >= TEST_TIMINGS.windowMs) this.counts.clear();
  }

  countLive(holder: SlotHolder): number {
    return this.leases.filter((lease) => lease.holder === nameOf(holder) && lease.expiresAtMs > this.nowMs)
      .length;
  }

  remaining({ subject, limit }: WindowLimit): number {
    return limit - (this.counts.get(nameOf(subject)) ?? 0);
  }

  balance(user: string): bigint | null {
    const known = this.balances.get(user);
    return known && known.expiresAtMs > this.nowMs ? known.figure : null;
  }

  admit(windows: WindowLimit[], payer: string | null, slots: SlotRequest[]): Verdict {
    if (windows.some((limit) => this.remaining(limit) < 1)) return 'window';
    if (payer !== null) {
      const figure = this.balance(payer);
      if (figure === null) {
        if ((this.tokens.get(payer) ?? 0) <= this.nowMs)
          this.tokens.set(payer, this.nowMs + SEED_TOKEN_TTL_MS);
        return 'balance-unknown';
      }
      if (figure <= 0n) return 'balance';
    }
    if (slots.some(({ holder, max }) => max > 0 && this.countLive(holder) >= max)) return 'slots';
    for (const { holder } of slots) this.addLease(holder);
    for (const { subject } of windows)
      this.counts.set(nameOf(subject), (this.counts.get(nameOf(subject)) ?? 0) + 1);
    return 'admitted';
  }

  take(candidates: AccountCandidate[]): string | null {
    const rank = ({ accountId }: AccountCandidate) => this.order.lastIndexOf(accountId);
    const free = candidates.filter(
      ({ accountId, max }) => max <= 0 || this.countLive({ kind: 'account', accountId }) < max,
    );
    const [best] = free.toSorted((a, b) => a.priority - b.priority || rank(a) - rank(b));
    if (!best) return null;
    this.order.push(best.accountId);
    this.addLease({ kind: 'account', accountId: best.accountId });
    return best.accountId;
  }

  seed(user: string, figure: bigint, ttlMs: number): void {
    if ((this.tokens.get(user) ?? 0) <= this.nowMs) return;
    this.tokens.delete(user);
    this.balances.set(user, { figure, expiresAtMs: this.nowMs + ttlMs });
  }

  debit(user: string, amount: bigint): void {
    const known = this.balances.get(user);
    if (known) known.figure -= amount;
  }

  dropBalance(user: string): void {
    this.balances.delete(user);
    this.tokens.delete(user);
  }

  release(lease: ModelLease | undefined): void {
    this.leases = this.leases.filter((other) => other !== lease);
  }

  private addLease(holder: SlotHolder): void {
    this.leases.push({ holder: nameOf(holder), expiresAtMs: this.nowMs + LEASE_TTL_MS });
  }
}

function nameOf(thing: object): string {
  return JSON.stringify(thing);
}
