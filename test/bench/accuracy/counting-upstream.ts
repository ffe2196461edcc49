import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildMessage } from '../../harness/client.ts';
import { SlotMeter } from './slot-meter.ts';

export interface HolderCount {
  inFlightMax: number;
  started: number;
  gapsMs: number[];
}

/** Since the last `begin`, by name of user and by API key of the account. */
export interface UpstreamCounts {
  users: Record<string, HolderCount>;
  accounts: Record<string, HolderCount>;
}

export interface PhaseSlots {
  perUser: number;
  perAccount: number;
  /**
   * Answers to what comes in the first ms of the phase are kept back until they are over, so that all slots are taken
   * before the first comes free: only then is a slot that is on its way to its next request known to be none of the
   * free ones.
   */
  fillMs: number;
}

export interface CountingUpstream {
  url: string;
  /** Forgets what was counted. No request may be under way. */
  begin(slots: PhaseSlots): void;
  read(): UpstreamCounts;
  stop(): Promise<void>;
}

/** Longer than any pool keeps an idle socket. */
const KEEP_ALIVE_MS = 300_000;

const ANSWER = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [{ type: 'text', text: 'Hello there, how are you?' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 20, output_tokens: 12 },
});

/**
 * A request whose user the upstream can tell: the gateway hides who asks, the text passes as it came. With a number
 * each is a session of its own; else all would wait for the account of the one session.
 */
export function buildNamedMessage(user: string, number: number): string {
  return buildMessage({ messages: [{ role: 'user', content: `${user} ${number}` }] });
}

/** An upstream that answers each request after `latencyMs` and counts what runs at once, all on one clock. */
export async function startCountingUpstream(latencyMs: number): Promise<CountingUpstream> {
  let slots: PhaseSlots = { perUser: 1, perAccount: 1, fillMs: 0 };
  let begunAtMs = 0;
  const users = new Map<string, SlotMeter>();
  const accounts = new Map<string, SlotMeter>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin(phase) {
      slots = phase;
      begunAtMs = performance.now();
      users.clear();
      accounts.clear();
    },
    read: () => ({ users: listCounts(users), accounts: listCounts(accounts) }),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };

  /** Those that were kept back do not come all at once. */
  function chooseDelayMs(): number {
    const fillRestMs = begunAtMs + slots.fillMs - performance.now();
    return fillRestMs > 0 ? fillRestMs + latencyMs * Math.random() : latencyMs;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const account = meterOf(accounts, String(request.headers['x-api-key']), slots.perAccount);
    account.start(performance.now());
    const user = meterOf(users, readUser(await json(request)), slots.perUser);
    user.start(performance.now());
    setTimeout(() => {
      const nowMs = performance.now();
      account.end(nowMs);
      user.end(nowMs);
      response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER);
    }, chooseDelayMs());
  }
}

function meterOf(meters: Map<string, SlotMeter>, name: string, slots: number): SlotMeter {
  const known = meters.get(name);
  if (known) return known;
  const meter = new SlotMeter(slots);
  meters.set(name, meter);
  return meter;
}

function readUser(body: unknown): string {
  const { messages } = body as { messages?: { content?: unknown }[] };
  return String(messages?.[0]?.content).split(' ', 1)[0] ?? '';
}

function listCounts(meters: ReadonlyMap<string, SlotMeter>): Record<string, HolderCount> {
  return Object.fromEntries(
    [...meters].map(([name, { inFlightMax, started, gapsMs }]) => [
      name,
      { inFlightMax, started, gapsMs: [...gapsMs] },
    ]),
  );
}
