import { at } from '../admit-result.ts';
import type { Hold, MoneyRefusal, MoneyRequest } from '../money-port.ts';
import type { AdmitRequest, AdmitResult } from '../port.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import type { TurnWriter } from './turn-op.ts';

/** As `lua/includes/ops-admission.lua` numbers them. */
const MONEY_KINDS = { none: 0, balance: 1, any: 2 } as const;

/** Mostly money is a balance alone, and the first slot is its user's. */
export function selectMoneyKind({ money, slots }: AdmitRequest): number {
  if (money === null) return MONEY_KINDS.none;
  const isBalance = money.purses.length === 1 && money.purses[0]?.purse.kind === 'balance';
  return isBalance && slots[0]?.holder.kind === 'user' ? MONEY_KINDS.balance : MONEY_KINDS.any;
}

/** What `lua/includes/ops-admission.lua` reads of the money of a request. */
export function writeMoney(call: TurnWriter, request: AdmitRequest, money: MoneyRequest, hold: Hold): void {
  const { args } = call;
  call.addText(hold.keptBy === 'nothing' ? '' : buildHoldText(money));
  if (selectMoneyKind(request) === MONEY_KINDS.balance) {
    args.push(money.hold.toString());
    return;
  }
  args.push(money.purses.length);
  for (const { purse, limit } of money.purses) {
    const room = (limit ?? 0n) - (money.hold === 0n ? 1n : money.hold);
    args.push(purseField(purse), room.toString(), purseWindowMs(purse));
  }
  args.push(money.hold.toString());
  if (hold.keptBy === 'slot') args.push(1 + request.slots.findIndex(({ holder }) => holder.kind === 'user'));
  else args.push(0, hold.id);
}

/** See lua/includes/sweep-holds.lua. */
function buildHoldText({ hold, purses, note }: MoneyRequest): string {
  let text = `${hold}\n`;
  for (let index = 0; index < purses.length; index += 1) text += `${purseField(at(purses, index).purse)}\n`;
  return note === null ? text : `${text}\n${note}`;
}

/** The script's answer that money keeps a request out. */
export function refuseMoney(
  request: AdmitRequest,
  index: number,
  waitMs: number,
  isHeld: boolean,
): AdmitResult {
  const refusal: MoneyRefusal = {
    purse: purseAt(request, index),
    retryAfterMs: waitMs < 0 ? null : waitMs,
    isHeld,
  };
  return { admitted: false, reason: 'money', ...refusal };
}

/** The script's answer that figures are not known. */
export function askForPurses(
  request: AdmitRequest,
  seedToken: string,
  indexes: readonly number[],
): AdmitResult {
  const purses = indexes.map((index) => purseAt(request, index));
  return { admitted: false, reason: 'purses-unknown', purses, seedToken };
}

/** Lua counts from 1. */
function purseAt({ money }: AdmitRequest, index: number): MoneyRefusal['purse'] {
  return at(money?.purses ?? [], index - 1).purse;
}
