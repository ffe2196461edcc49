import type { AccountId, AccountReport, LeaseId, PicoUsd, UpstreamWindow } from '@tollgate/core';
import type { SessionRegistration } from '../account-port.ts';
import { select5hEnd } from '../rules/upstream-windows.ts';
import type { Keys } from './keys.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';

/** An operation on accounts that nobody waits for. */
abstract class AccountOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  protected readonly keys: Keys;

  constructor(keys: Keys) {
    this.keys = keys;
    this.tag = keys.accountTag;
  }

  abstract write(call: TurnWriter): void;
  settle(): void {}
  abandon(): void {}
  fail(): void {}
}

/** Lost with Redis: the next attempts say it again. */
export class ReportOp extends AccountOp {
  readonly #report: AccountReport;
  readonly #probe: LeaseId | null;
  readonly #count: number;

  constructor(keys: Keys, report: AccountReport, probe: LeaseId | null, count: number) {
    super(keys);
    this.#report = report;
    this.#probe = probe;
    this.#count = count;
  }

  write(call: TurnWriter): void {
    const { accountId, upstreamModel, kind } = this.#report;
    const reason = 'reason' in this.#report ? this.#report.reason : '';
    const [state, untilMs] = kind === 'block' ? [this.#report.state, this.#report.untilMs] : ['', 0];
    call.keys.push(this.keys.accountStates, this.keys.accountVersion, this.keys.accountHealth(accountId));
    call.args.push('ar', call.numberOf(this.keys.accountRegister), kind, accountId, upstreamModel ?? '');
    call.args.push(this.#probe ?? '', this.#count, reason, state, untilMs);
  }
}

/** Moves a window cost. One that may be lost makes the figure doubtful. */
export class AddWindowCostOp extends AccountOp {
  readonly #accountId: AccountId;
  readonly #cost: string;
  readonly #onFail: (accountId: AccountId) => void;

  constructor(keys: Keys, accountId: AccountId, cost: PicoUsd, onFail: (accountId: AccountId) => void) {
    super(keys);
    this.#accountId = accountId;
    this.#cost = cost.toString();
    this.#onFail = onFail;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.keys.windowCost(this.#accountId));
    args.push('aw', this.#cost);
  }

  override fail(): void {
    this.#onFail(this.#accountId);
  }
}

/** Drops a figure that may be wrong. */
export class DropWindowCostOp extends AccountOp {
  readonly #accountId: AccountId;
  readonly #onFail: (accountId: AccountId) => void;

  constructor(keys: Keys, accountId: AccountId, onFail: (accountId: AccountId) => void) {
    super(keys);
    this.#accountId = accountId;
    this.#onFail = onFail;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.keys.windowCost(this.#accountId), this.keys.windowCostSeed(this.#accountId));
    args.push('ax');
  }

  override fail(): void {
    this.#onFail(this.#accountId);
  }
}

export class NoteWindowsOp extends AccountOp {
  readonly #accountId: AccountId;
  readonly #windows: readonly UpstreamWindow[];

  /** `windows` is not empty. */
  constructor(keys: Keys, accountId: AccountId, windows: readonly UpstreamWindow[]) {
    super(keys);
    this.#accountId = accountId;
    this.#windows = windows;
  }

  write({ keys, args }: TurnWriter): void {
    const id = this.#accountId;
    keys.push(this.keys.upstreamWindows, this.keys.windowCost(id), this.keys.windowCostSeed(id));
    args.push('au', this.#windows.length);
    for (const window of this.#windows) args.push(`${id}|${window.name}`, JSON.stringify(window));
    args.push(select5hEnd(this.#windows) ?? 0);
  }
}

export class ReleaseSessionOp extends AccountOp {
  readonly #registration: SessionRegistration;

  constructor(keys: Keys, registration: SessionRegistration) {
    super(keys);
    this.#registration = registration;
  }

  write({ keys, args }: TurnWriter): void {
    const { accountId, session, untilMs } = this.#registration;
    keys.push(this.keys.sessions(accountId));
    args.push('as', session, untilMs);
  }
}

export class RefreshSessionOp extends AccountOp {
  readonly #accountId: AccountId;
  readonly #session: string;
  readonly #idleMs: number;

  constructor(keys: Keys, accountId: AccountId, session: string, idleMs: number) {
    super(keys);
    this.#accountId = accountId;
    this.#session = session;
    this.#idleMs = idleMs;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.keys.sessions(this.#accountId));
    args.push('af', this.#session, this.#idleMs);
  }
}
