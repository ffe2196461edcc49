import { limitWaitMs } from './limit-wait.ts';
import { parseDurationMs } from './parse-duration.ts';

/** Errors say it early; what is behind may be the client's own text. */
const TEXT_LENGTH_MAX = 16_384;
/** "Please try again in 3.9s", "retry in 1m2s", "will reset after 3h21m", "retry after 20 seconds". */
const PHRASE =
  /\b(?:try again|retry|reset|resets|wait)(?: in| after| for)? (\d{1,15}(?:\.\d{1,15})?)( ?)([a-zµμ]{1,12})((?:\d{1,15}(?:\.\d{1,15})?[a-zµμ]{1,2}){0,6})/iu;
const WORD_UNITS: readonly (readonly [word: RegExp, unit: string])[] = [
  [/^(?:millisecond|milliseconds|msec)$/u, 'ms'],
  [/^(?:second|seconds|sec|secs)$/u, 's'],
  [/^(?:minute|minutes|min|mins)$/u, 'm'],
  [/^(?:hour|hours|hr|hrs)$/u, 'h'],
  [/^(?:day|days)$/u, 'd'],
];

/**
 * How long an error's text asks to wait, in whole ms up to seven days: "Please try again in 3.9s", "in 20
 * minutes", "Your quota will reset after 3h21m5s". null when it names no time.
 */
export function parseWaitText(text: string): number | null {
  const match = PHRASE.exec(text.slice(0, TEXT_LENGTH_MAX));
  if (match === null) return null;
  const [, amount = '', , unit = '', rest = ''] = match;
  const waitMs = parseDurationMs(`${amount}${mapUnit(unit.toLowerCase())}${rest.toLowerCase()}`);
  return waitMs === null ? null : limitWaitMs(waitMs);
}

function mapUnit(unit: string): string {
  return WORD_UNITS.find(([word]) => word.test(unit))?.[1] ?? unit;
}
