import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { Resolver, type LookupAddress } from 'node:dns';
import { encodeAnswer, parseQuestion, TYPE_A, TYPE_AAAA } from './dns-messages.ts';

/** What a name resolves to: one list a lookup, the last one for ever. `silent` = no answer at all. */
export type DnsScript = readonly (readonly string[] | 'silent')[];

export interface DnsServer {
  port: number;
  /** Names that were asked for (A questions only), in order. */
  readonly asked: readonly string[];
  set(name: string, script: DnsScript): void;
  /** In the form of node's `dns.lookup` with `all`, over real packets to this server; nothing is cached. */
  lookupAll(
    hostname: string,
    options: object,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A DNS server on loopback whose answers change from one lookup to the next: what an attacker's server does. */
export async function startDnsServer(): Promise<DnsServer> {
  const asked: string[] = [];
  const scripts = new Map<string, (readonly string[] | 'silent')[]>();
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const question = parseQuestion(query);
    if (question === null || (question.type !== TYPE_A && question.type !== TYPE_AAAA)) return;
    const present = scripts.get(question.name)?.[0] ?? null;
    if (question.type === TYPE_A) asked.push(question.name);
    if (present === 'silent') return;
    const fitting = present?.filter((one) => isIPv4(one) === (question.type === TYPE_A)) ?? null;
    socket.send(encodeAnswer(query, question, fitting), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  /** A lookup asks for A and AAAA: what comes next is for the next lookup. */
  const turn = (name: string): void => {
    const script = scripts.get(name);
    if (script !== undefined && script.length > 1) script.shift();
  };
  return {
    port,
    asked,
    set: (name, script) => void scripts.set(name, [...script]),
    async lookupAll(hostname, _options, callback) {
      const resolver = new Resolver({ timeout: 1_000, tries: 1 });
      resolver.setServers([`127.0.0.1:${port}`]);
      const { addresses, fault } = await lookupBoth(resolver, hostname);
      turn(hostname.replace(/\.$/u, '').toLowerCase());
      callback(addresses.length > 0 ? null : fault, addresses);
    },
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

interface Found {
  addresses: LookupAddress[];
  /** Counts only when there is no address. */
  fault: NodeJS.ErrnoException | null;
}

async function lookupBoth(resolver: Resolver, hostname: string): Promise<Found> {
  const [v4, v6] = await Promise.all([
    resolve(4, (done) => resolver.resolve4(hostname, done)),
    resolve(6, (done) => resolver.resolve6(hostname, done)),
  ]);
  return { addresses: [...v4.addresses, ...v6.addresses], fault: v4.fault ?? v6.fault };
}

function resolve(
  family: 4 | 6,
  ask: (done: (fault: NodeJS.ErrnoException | null, addresses: string[]) => void) => void,
): Promise<Found> {
  return new Promise((settle) => {
    ask((fault, addresses) => {
      const found = fault === null ? addresses : [];
      settle({ addresses: found.map((address) => ({ address, family })), fault });
    });
  });
}
