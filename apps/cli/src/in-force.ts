import {
  createTollgateClient,
  type ChangeSeen,
  type RouterOutputs,
  type TollgateClient,
} from '@tollgate/api';
import { InvalidArgumentError, type Command } from 'commander';
import { addConnectOptions, readConnection, type ConnectFlags } from './connect.ts';

export interface ChangeFlags extends ConnectFlags {
  wait: number;
}

type InForce = RouterOutputs['changes']['inForce'];

const WAIT_MS = 5_000;
const WAIT_MS_MAX = 30_000;

/** For commands that change something nodes must know. */
export function addChangeOptions(command: Command): Command {
  return addConnectOptions(command).option(
    '--wait <ms>',
    'how long to wait until the change is in force on every node; 0 = not at all',
    parseWait,
    WAIT_MS,
  );
}

export interface ChangingClient {
  client: TollgateClient;
  /** The last change in one line, e.g. `in force on 4/4 nodes after 12 ms`; null = nothing to tell of. */
  describeInForce(): Promise<string | null>;
}

/** As `connect`, with answers that wait as long as `--wait` says. */
export function connectChanging(flags: ChangeFlags): ChangingClient {
  let last: ChangeSeen | null = null;
  const onChange = (change: ChangeSeen) => void (last = change);
  const client = createTollgateClient({ ...readConnection(flags), waitMs: flags.wait, onChange });
  return { client, describeInForce: () => describeChange(client, last) };
}

async function describeChange(client: TollgateClient, change: ChangeSeen | null): Promise<string | null> {
  if (!change) return null;
  if (change.number === null)
    return 'not in force yet: the store is away, and the nodes are told when it is back';
  if (!change.inForce) return null;
  const { nodes, of, afterMs } = change.inForce;
  if (of === 0) return 'no node is running: those that start find the change in force';
  if (afterMs !== null) return `in force on ${nodes}/${of} nodes after ${afterMs} ms`;
  return describeLate(await client.changes.inForce.query({ number: change.number }));
}

/** Names every node that has not said so. */
function describeLate({ nodes }: InForce): string {
  const reached = nodes.filter(({ state }) => state === 'in-force');
  const others = nodes
    .filter(({ state }) => state !== 'in-force')
    .map(({ id, label, state }) => `${label === null ? id : `${label} (${id})`} is ${state}`);
  return [`in force on ${reached.length}/${nodes.length} nodes`, ...others].join('; ');
}

function parseWait(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= WAIT_MS_MAX) return Number(text);
  throw new InvalidArgumentError(`expected 0 to ${WAIT_MS_MAX}.`);
}
