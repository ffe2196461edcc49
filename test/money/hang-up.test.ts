import type { TollgateClient } from '@tollgate/api';
import type { UserId } from '@tollgate/core';
import { countSimulatedTokens, startSimulator, type Script, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildMessage, postMessages } from '../harness/client.ts';
import { callProtocol, PLATFORM, type TestProtocol } from '../harness/protocol-client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import { waitForUsage, type UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { PurseBooks } from './purse-books.ts';

type Policy = 'abort' | 'drain';
const POLICIES: readonly Policy[] = ['abort', 'drain'];
type Protocol = 'messages' | TestProtocol;
/** What the client has read when it leaves. */
type Point = 'begin' | 'content' | 'end';
/** Gemini's streams begin with content, and end with the connection: the chunk with all figures is the last. */
const POINTS: Record<Protocol, Partial<Record<Point, string>>> = {
  messages: {
    begin: 'event: message_start',
    content: 'event: content_block_delta',
    end: 'event: message_stop',
  },
  chat: { begin: '"role":"assistant"', content: '"content":"A', end: '[DONE]' },
  responses: {
    begin: 'event: response.created',
    content: 'event: response.output_text.delta',
    end: 'event: response.completed',
  },
  gemini: { content: '"text":"A', end: '"finishReason"' },
};
const PROTOCOLS = Object.keys(POINTS) as Protocol[];
const PLATFORMS = ['anthropic', 'openai', 'gemini'] as const;
const platformOf = (protocol: Protocol) => (protocol === 'messages' ? 'anthropic' : PLATFORM[protocol]);
const keyOf = (policy: Policy, platform: string) => `sk-test-hang-up-${policy}-${platform}`;

const TEXT = 'All of it. '.repeat(20);
const WHOLE_OUTPUT = countSimulatedTokens(TEXT);
/** Long after the client has left, and long before any deadline. */
const HEADERS_MS = 1_500;

interface Moment {
  name: string;
  stream: boolean;
  script: Script;
  /** The client leaves when it has read so far; null = without a byte, as soon as the upstream has its request. */
  until: Point | null;
  /** With `abort`; with `drain` the true usage is billed at every moment. */
  abort: Pick<UsageRow, 'state'> & { isBilled: boolean; hasWholeOutput: boolean };
}

const MOMENTS: readonly Moment[] = [
  {
    name: 'stream, before headers',
    stream: true,
    script: { text: TEXT, delayHeadersMs: HEADERS_MS },
    until: null,
    abort: { state: 'failed', isBilled: false, hasWholeOutput: false },
  },
  {
    name: 'stream, before content',
    stream: true,
    script: { text: TEXT, delayEventsMs: 100 },
    until: 'begin',
    abort: { state: 'estimated', isBilled: true, hasWholeOutput: false },
  },
  {
    name: 'stream, mid-content',
    stream: true,
    script: { text: TEXT, delayEventsMs: 50 },
    until: 'content',
    abort: { state: 'estimated', isBilled: true, hasWholeOutput: false },
  },
  {
    name: 'stream, after the last event',
    stream: true,
    script: { text: TEXT, neverClose: true },
    until: 'end',
    abort: { state: 'settled', isBilled: true, hasWholeOutput: true },
  },
  {
    name: 'plain, before headers',
    stream: false,
    script: { text: TEXT, delayHeadersMs: HEADERS_MS },
    until: null,
    abort: { state: 'estimated', isBilled: true, hasWholeOutput: false },
  },
];

/** What the stages' own table says (apps/gateway/src/hang-up), once more over sockets, a real Redis and a real Postgres. */
describe('a client hangs up', () => {
  let simulator: Simulator;
  let fleet: Fleet;
  let control: TollgateProcess;
  let node: TollgateProcess;
  let admin: TollgateClient;
  let books: PurseBooks;

  beforeAll(async () => {
    simulator = await startSimulator();
    fleet = await prepareFleet();
    control = await fleet.startControl();
    await applyConfig(fleet, control, buildHangUpConfig(simulator.url));
    node = await fleet.startGateway('one');
    admin = connectAdmin(control);
    books = new PurseBooks(fleet);
  });
  afterAll(async () => {
    await expectLedgerExact(admin);
    expect([await node.stop(), await control.stop()]).toEqual([0, 0]);
    await books.close();
    await fleet.cleanUp();
    await simulator.stop();
  });

  function ask(protocol: Protocol, policy: Policy, stream: boolean, signal: AbortSignal): Promise<Response> {
    const gateway = node.ready['gateway'] ?? '';
    const key = keyOf(policy, platformOf(protocol));
    if (protocol !== 'messages') return callProtocol(gateway, protocol, { stream, key, signal });
    const body = buildMessage({ stream, max_tokens: 1_000 });
    return postMessages(gateway, body, { 'x-api-key': key }, { signal });
  }

  /** The request's row. Requests of a client that never saw a header are found as the newest. */
  async function hangUp(
    protocol: Protocol,
    policy: Policy,
    { stream, script, until }: Moment,
  ): Promise<UsageRow> {
    const seen = new Set((await admin.usage.list.query({ limit: 100 })).items.map((row) => row.attempt_id));
    simulator.setScript(() => script);
    const leaving = new AbortController();
    const posting = ask(protocol, policy, stream, leaving.signal);
    if (until === null) {
      await waitUntil('the upstream has it', () => simulator.openRequests > 0);
      leaving.abort();
      await posting.catch(() => {});
    } else await readUntil(await posting, POINTS[protocol][until] ?? '', leaving);
    let row: UsageRow | undefined;
    await waitUntil('its row', async () => {
      const { items } = await admin.usage.list.query({ limit: 100 });
      row = items.find(({ attempt_id }) => !seen.has(attempt_id));
      return row !== undefined;
    });
    return (await waitForUsage({ admin }, row?.request_id ?? ''))[0] as UsageRow;
  }

  const cases = PROTOCOLS.flatMap((protocol) => POLICIES.map((policy) => ({ protocol, policy })));
  describe.each(cases)('$protocol, $policy', ({ protocol, policy }) => {
    const moments = MOMENTS.filter(({ until }) => until === null || until in POINTS[protocol]);
    it.each(moments)('[MON-7] [MON-8] $name', async (moment) => {
      const row = await hangUp(protocol, policy, moment);
      const whole = { state: 'settled', isBilled: true, hasWholeOutput: true };
      // Each chunk of Gemini tells figures, the simulated ones those of the whole: an estimate is at least what was told.
      const tellsAll = protocol === 'gemini' && moment.until !== null;
      const cut = { ...moment.abort, hasWholeOutput: moment.abort.hasWholeOutput || tellsAll };
      expect({
        state: row.state,
        isBilled: row.actual_cost_usd !== '0',
        hasWholeOutput: row.output_tokens === WHOLE_OUTPUT,
      }).toEqual(policy === 'drain' ? whole : cut);
      const { id } = await admin.users.get.query({ email: 'u@example.com' });
      await waitUntil('nothing is held, and the store says what the books say', async () => {
        const {
          held,
          store,
          books: booked,
          rows,
        } = await books.readSides({ kind: 'balance', userId: id as UserId });
        return held === 0n && store === booked && booked === rows;
      });
      await waitUntil('the upstream is let go', () => simulator.openRequests === 0);
    });
  });
});

async function readUntil(answer: Response, text: string, leaving: AbortController): Promise<void> {
  const decoder = new TextDecoder();
  let read = '';
  for await (const chunk of answer.body ?? []) {
    read += decoder.decode(chunk, { stream: true });
    if (read.includes(text)) break;
  }
  leaving.abort();
}

function buildHangUpConfig(url: string): string {
  const sold = PLATFORMS.flatMap((platform) => POLICIES.map((policy) => ({ platform, policy })));
  const nameOf = (policy: Policy, platform: string) => `${policy}-${platform}`;
  return buildConfig({
    groups: sold.map(({ platform, policy }) => ({
      name: nameOf(policy, platform),
      platform,
      rate_multiplier: '1.0',
      rpm: 0,
      hang_up: policy,
    })),
    accounts: PLATFORMS.map((platform) => ({
      name: platform,
      platform,
      base_url: url,
      groups: POLICIES.map((policy) => nameOf(policy, platform)),
    })),
    keys: sold.map(({ platform, policy }) => ({
      user: 'u@example.com',
      name: nameOf(policy, platform),
      groups: [nameOf(policy, platform)],
      key: keyOf(policy, platform),
    })),
  });
}
