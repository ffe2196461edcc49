import { readFileSync } from 'node:fs';
import {
  applyMultiplier,
  formatUsd,
  parseMultiplier,
  parseUsd,
  picoUsd,
  ZERO_USAGE,
  type PicoUsd,
  type TokenUsage,
} from '@tollgate/core';
import { builtInPriceBook } from '@tollgate/pricing';
import { estimateOutputTokens, GeminiUsageFold } from '@tollgate/protocol';
import { expect, it } from 'vitest';

const PAGE = readFileSync(new URL('../../docs/money.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
const AT_MS = Date.UTC(2026, 10, 21);
const MODEL = 'claude-sonnet-4-5';

function cost(usage: Partial<TokenUsage>, model = MODEL): PicoUsd {
  const metered = { usage: { ...ZERO_USAGE, ...usage }, extra: [], media: null, model };
  const found = builtInPriceBook.computeCost(metered, model, AT_MS);
  if (!found.isPriced) throw new Error(`no price of ${model}`);
  return found.standardCost;
}

/** What two searches in one answer of this Gemini model cost. */
function searchCost(model: string): PicoUsd {
  const fold = new GeminiUsageFold('1k');
  fold.noteModel(model);
  fold.add({ promptTokenCount: 0 });
  fold.addQueries(['who', 'when']);
  const usage = fold.read()?.usage;
  return cost({ webSearchRequests: usage?.webSearchRequests ?? 0 }, model);
}

const usd = (amount: bigint): string => `${formatUsd(picoUsd(amount))} USD`;
const times = (amount: PicoUsd, multiplier: string) => applyMultiplier(amount, parseMultiplier(multiplier));
function hold(inputTokens: number, maxTokens: number): PicoUsd {
  const found = builtInPriceBook.computeHold(MODEL, inputTokens, maxTokens, AT_MS);
  if (found === null) throw new Error(`no price of ${MODEL}`);
  return found;
}

const mixed = {
  inputTokens: 1_200,
  cacheReadTokens: 8_000,
  cacheWrite5mTokens: 2_000,
  cacheWrite1hTokens: 500,
  outputTokens: 300,
};
const odd = { inputTokens: 1, outputTokens: 0 };
const one = hold(400, 1_000);
const balance = parseUsd('1');
const capped = parseUsd('0.01');
const relayed = 3_000;

/** Each example of the page, word for word, with figures that the program has worked out. */
const EXAMPLES: readonly (readonly [rule: string, text: string])[] = [
  [
    'MON-1',
    `1 token of input at 3 USD a million is ${usd(cost(odd))}; × 0.333333 that is ${usd(times(cost(odd), '0.333333'))}; × 0.0000005 is refused, as a multiplier has six decimals.`,
  ],
  [
    'MON-2',
    `1,200 input, 8,000 cache read, 2,000 cache write (5 min), 500 cache write (1 h) and 300 output tokens of \`${MODEL}\`: ${usd(cost({ inputTokens: 1_200 }))} + ${usd(cost({ cacheReadTokens: 8_000 }))} + ${usd(cost({ cacheWrite5mTokens: 2_000 }))} + ${usd(cost({ cacheWrite1hTokens: 500 }))} + ${usd(cost({ outputTokens: 300 }))} = ${usd(cost(mixed))}.`,
  ],
  [
    'MON-2',
    `A prompt of 200,000 tokens costs ${usd(cost({ inputTokens: 200_000 }))}, one of 200,001 costs ${usd(cost({ inputTokens: 200_001 }))}: all of it is in the dearer tier.`,
  ],
  ['MON-2', `Two web searches of \`${MODEL}\` cost ${usd(cost({ webSearchRequests: 2 }))}.`],
  [
    'MON-2',
    `An answer with two Google searches costs ${usd(searchCost('gemini-3.5-flash'))} for them on \`gemini-3.5-flash\`, which pays each query, and ${usd(searchCost('gemini-2.5-flash'))} on \`gemini-2.5-flash\`, which pays the grounded prompt.`,
  ],
  [
    'MON-3',
    `Standard cost ${usd(cost(mixed))} in a group with the multiplier 1.5: the balance pays ${usd(times(cost(mixed), '1.5'))}, the account's window counts ${usd(cost(mixed))}.`,
  ],
  [
    'MON-4',
    `A body of 1,600 bytes (400 tokens) with \`max_tokens\` 1,000 on \`${MODEL}\` holds ${usd(one)}; with the multiplier 1.5 it holds ${usd(times(one, '1.5'))}.`,
  ],
  [
    'MON-4',
    `With ${usd(balance)} left, ${balance / one} of them run at once and hold ${usd((balance / one) * one)}; the next one waits. If each costs all of its hold, ${balance / one} are served, ${usd(balance - (balance / one) * one)} are left, and the others are refused. If each costs ${usd(cost({ inputTokens: 400, outputTokens: 10 }))}, the waiting ones go as others end, and all are served while ${usd(one)} are left.`,
  ],
  [
    'MON-4',
    `Where a group has \`hold_max: "0.01"\`, ${balance / capped} of them run at once; if each costs ${usd(one)}, the balance is overdrawn by ${usd((balance / capped) * (one - capped))}, which is ${balance / capped} × (${usd(one)} − ${usd(capped)}).`,
  ],
  [
    'MON-5',
    `An answer that cost ${usd(times(cost(mixed), '1.5'))} is one usage row and one ledger row of −${usd(times(cost(mixed), '1.5'))}: a balance of 10 USD, the sum of its ledger, becomes ${usd(parseUsd('10') - times(cost(mixed), '1.5'))}. Booked again it moves nothing.`,
  ],
  [
    'MON-7',
    `A client leaves a stream (\`abort\`) after ${relayed.toLocaleString('en')} bytes of text; the upstream had reported 400 input tokens. Billed: 400 input and ${estimateOutputTokens(relayed).toLocaleString('en')} output tokens, ${usd(cost({ inputTokens: 400, outputTokens: estimateOutputTokens(relayed) }))}, \`estimated\`. With \`drain\` the answer ends at 1,200 output tokens: ${usd(cost({ inputTokens: 400, outputTokens: 1_200 }))}, \`settled\`.`,
  ],
  [
    'MON-9',
    `\`limit_day: "5"\`, spent 4.99 USD since 10:00: a request that holds ${usd(one)} is refused with 429 until 10:00 of the next day, one that holds 0.009 USD passes.`,
  ],
];

it.each(EXAMPLES)('[%s] the page has the example as the program works it out: %s', (_, text) => {
  expect(PAGE).toContain(text);
});

it('the page has no worked example that nobody works out', () => {
  const [, section = ''] = /## Worked examples (.*?) ## /.exec(PAGE) ?? [];
  const examples = [...section.matchAll(/\*\*(MON-\d+)\*\* (.*?)(?= - \*\*MON|$)/g)];
  expect(examples.map(([, rule = '', text = '']) => [rule, text.trim()])).toEqual(
    EXAMPLES.map(([rule, text]) => [rule, text]),
  );
});
