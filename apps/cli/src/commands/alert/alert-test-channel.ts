import { setTimeout as sleep } from 'node:timers/promises';
import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { InvalidArgumentError, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderDeliveries } from './alert-events.ts';

type Delivery = RouterOutputs['alertChannels']['test'];

interface Flags extends ConnectFlags {
  wait: number;
  json?: boolean;
}

const POLL_MS = 500;
const WAIT_SECONDS_MAX = 300;

export function addAlertTestChannel(group: Command): void {
  const command = group
    .command('test-channel')
    .description('Send a test message through an alert channel, and say what became of it.')
    .argument('<channel>', 'its name')
    .option('--wait <seconds>', 'how long to wait for it', parseWait, 60)
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runTest);
}

/** Exits with 1 unless the message was sent. */
async function runTest(name: string, flags: Flags): Promise<void> {
  const client = connect(flags);
  const { id } = await client.alertChannels.get.query({ name });
  const delivery = await waitForEnd(
    client,
    await client.alertChannels.test.mutate({ id }),
    id,
    flags.wait * 1_000,
  );
  if (delivery.state !== 'sent') process.exitCode = 1;
  if (flags.json) printJson(delivery);
  else console.log(renderDeliveries([delivery]));
}

/** As it is at the end, or when the time is over. */
async function waitForEnd(
  client: TollgateClient,
  first: Delivery,
  channelId: string,
  waitMs: number,
): Promise<Delivery> {
  let delivery = first;
  for (let waitedMs = 0; delivery.state === 'waiting' && waitedMs < waitMs; waitedMs += POLL_MS) {
    await sleep(POLL_MS);
    const { items } = await client.alertChannels.listDeliveries.query({ id: channelId });
    delivery = items.find(({ id }) => id === first.id) ?? delivery;
  }
  return delivery;
}

function parseWait(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > WAIT_SECONDS_MAX)
    throw new InvalidArgumentError(`expected 0 to ${WAIT_SECONDS_MAX}`);
  return seconds;
}
