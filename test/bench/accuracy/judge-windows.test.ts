import { expect, it } from 'vitest';
import type { Answer } from './closed-loop.ts';
import { judgeWindows } from './judge-windows.ts';

const START_MS = 60_000 * 1_000;
const REFUSAL = '{"error":{"message":"The limit of 2 requests a minute is reached."}}';

const passed = (sentAtMs: number, fields: Partial<Answer> = {}): Answer => ({
  sentAtMs: START_MS + sentAtMs,
  receivedAtMs: START_MS + sentAtMs + 5,
  status: 200,
  message: '',
  windowRestS: null,
  ...fields,
});
const refused = (sentAtMs: number): Answer => passed(sentAtMs, { status: 429, message: REFUSAL });

it('[LIM-1] a full window refuses rightly', () => {
  expect(judgeWindows([passed(0), passed(1), refused(2), refused(500)], 2)).toEqual([
    { startMs: START_MS, admitted: 2, refused: 2, overshoot: 0, wronglyRefused: 0, unknown: 0 },
  ]);
});

it('[LIM-1] sees what got in beyond the limit', () => {
  expect(judgeWindows([passed(0), passed(1), passed(2)], 2)).toMatchObject([{ overshoot: 1 }]);
});

it('[LIM-1] a refusal of a window that was never full was wrong', () => {
  expect(judgeWindows([passed(0), refused(2)], 2)).toMatchObject([{ wronglyRefused: 1 }]);
});

it('[LIM-1] a refusal was wrong when a later request still got in', () => {
  expect(judgeWindows([passed(0), refused(1), refused(8), passed(10)], 2)).toMatchObject([
    { wronglyRefused: 1 },
  ]);
});

it('a request under way when the minute turns belongs to the minute that its answer names', () => {
  const turning = { receivedAtMs: START_MS + 60_010 };
  const answers = [
    passed(59_999, { ...turning, windowRestS: 1 }),
    passed(59_999, { ...turning, windowRestS: 60 }),
  ];
  expect(judgeWindows(answers, 2)).toMatchObject([
    { startMs: START_MS, admitted: 1 },
    { startMs: START_MS + 60_000, admitted: 1 },
  ]);
});

it('[LIM-11] what the store was too slow for may have been counted: the refusal was not wrong for it', () => {
  const tooSlow = passed(1, { status: 503, message: 'The service is temporarily unavailable.' });
  expect(judgeWindows([passed(0), tooSlow, refused(2)], 2)).toMatchObject([
    { wronglyRefused: 0, unknown: 1 },
  ]);
  expect(judgeWindows([passed(0), tooSlow, refused(2)], 3)).toMatchObject([{ wronglyRefused: 1 }]);
});

it('other refusals are not for this judge', () => {
  expect(judgeWindows([passed(0, { status: 429, message: 'too many pending requests' })], 2)).toEqual([]);
});
