import { picoUsd, type UserId } from '@tollgate/core';
import { lostHoldId } from '../build-hold.ts';
import type { LostHold } from '../money-port.ts';
import { parsePurseField } from '../purse-fields.ts';

const SHAPE = /^([^\n]+)\n(\d+)\n((?:[^\n]+\n)*)\n(.*)$/s;

/** `[id and text of a hold, moment of its finding, …]` (see lua/includes/sweep-holds.lua); garbage is passed over. */
export function parseLostHolds(userId: UserId, entries: unknown, nowMs: number): LostHold[] {
  if (!Array.isArray(entries)) return [];
  const lost: LostHold[] = [];
  for (let index = 0; index + 1 < entries.length; index += 2) {
    const parsed = parseLostHold(userId, String(entries[index]), Number(entries[index + 1]));
    if (parsed)
      lost.push({ ...parsed, foundAtMs: Number.isFinite(parsed.foundAtMs) ? parsed.foundAtMs : nowMs });
  }
  return lost;
}

function parseLostHold(userId: UserId, text: string, foundAtMs: number): LostHold | null {
  const [, leaseId, amount, names, note] = SHAPE.exec(text) ?? [];
  if (leaseId === undefined || amount === undefined || names === undefined || note === undefined) return null;
  const fields = names.split('\n').filter((name) => name !== '');
  return {
    id: lostHoldId(leaseId, userId),
    userId,
    amount: picoUsd(BigInt(amount)),
    purses: fields.flatMap((field) => parsePurseField(userId, field) ?? []),
    note,
    foundAtMs,
  };
}
