import { once } from 'node:events';
import { connect } from 'node:net';
import type { TollgateClient } from '@tollgate/api';
import { startSimulator, type Simulator } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildMessage, KEY, postMessages } from '../harness/client.ts';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../harness/fleet.ts';
import { expectLedgerExact } from '../harness/ledger.ts';
import { buildRequest, openRaw } from '../harness/raw-http.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import type { UsageRow } from '../harness/usage.ts';
import { waitUntil } from '../harness/wait-until.ts';

const DRAIN_MS = 1_500;

/** SIGTERM to a gateway while answers run: what the client sees, the exit code, and what has been shipped. */
describe('stopping', () => {
  let simulator: Simulator;
  let fleet: Fleet;
  let control: TollgateProcess;
  let admin: TollgateClient;
  let node: TollgateProcess;
  let gateway: string;

  beforeAll(async () => {
    simulator = await startSimulator();
    fleet = await prepareFleet({
      env: { TOLLGATE_LOG_LEVEL: 'silent', TOLLGATE_DRAIN_MS: String(DRAIN_MS) },
    });
    control = await fleet.startControl();
    await applyConfig(fleet, control, buildConfig({ accounts: [{ name: 'a1', base_url: simulator.url }] }));
    admin = connectAdmin(control);
  });
  afterAll(async () => {
    await control.stop();
    await fleet.cleanUp();
    await simulator.stop();
  });
  beforeEach(async () => {
    simulator.reset();
    node = await fleet.startGateway('one');
    gateway = node.ready['gateway'] ?? '';
    return () => node.kill();
  });

  const readRows = async (requestId: string): Promise<UsageRow[]> =>
    (await expectLedgerExact(admin)).filter((row) => row.request_id === requestId);

  /** A stream whose first content has arrived. */
  async function openStream(): Promise<{ requestId: string; readRest(): Promise<string> }> {
    const answer = await postMessages(gateway, buildMessage({ stream: true }));
    const reader = answer.body!.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader.read()).value);
    return {
      requestId: answer.headers.get('x-request-id') ?? '',
      async readRest() {
        for (let part = await reader.read(); !part.done; part = await reader.read())
          text += decoder.decode(part.value, { stream: true });
        return text;
      },
    };
  }

  it('[OPS-11] running streams finish, new requests are refused, exit code 0, all is booked', async () => {
    simulator.setScript(() => ({ delayEventsMs: 60 }));
    const stream = await openStream();
    const kept = await openRaw(gateway);
    kept.write('GET /ready HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(String((await once(kept, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);

    node.child.kill('SIGTERM');
    await waitUntil('nobody listens', () => isRefused(gateway));
    kept.write(buildRequest('/v1/messages', { 'x-api-key': KEY }, buildMessage()));
    const refusal = String((await once(kept, 'data'))[0]);
    expect(refusal).toMatch(/^HTTP\/1\.1 503 /);
    expect(refusal).toMatch(/shutting down/);
    expect(await stream.readRest()).toMatch(/event: message_stop\n.*\n\n$/);
    expect(await readExitCode(node)).toBe(0);
    expect(simulator.requests).toHaveLength(1);
    // Shipped before it left: nobody has to start it again for that.
    expect(await readRows(stream.requestId)).toMatchObject([{ state: 'settled', status: 200 }]);
  });

  it('[OPS-11] [MON-7] after the bound what still runs is cut, and billed by estimate; exit code 0', async () => {
    simulator.setScript(() => ({ endless: true, delayEventsMs: 20 }));
    const stream = await openStream();
    node.child.kill('SIGTERM');
    await expect(stream.readRest()).rejects.toThrow();
    expect(await readExitCode(node)).toBe(0);
    expect(simulator.openRequests).toBe(0);
    const rows = await readRows(stream.requestId);
    expect(rows).toMatchObject([{ state: 'estimated', status: 499 }]);
    expect(Number(rows[0]?.actual_cost_usd)).toBeGreaterThan(0);
  });

  it('[OPS-11] a second SIGTERM ends it at once; what was open is known to be unknown', async () => {
    simulator.setScript(() => ({ endless: true, delayEventsMs: 20 }));
    const stream = await openStream();
    node.child.kill('SIGTERM');
    await waitUntil('nobody listens', () => isRefused(gateway));
    node.child.kill('SIGTERM');
    expect(await readExitCode(node)).toBe(1);
    await expect(stream.readRest()).rejects.toThrow();
    node = await fleet.startGateway('one');
    await waitUntil('the row is there', async () => (await readRows(stream.requestId)).length > 0);
    expect(await readRows(stream.requestId)).toMatchObject([{ state: 'unknown', actual_cost_usd: '0' }]);
  });
});

/** Of the signal that was sent before; `stop()` would send a second one. */
async function readExitCode({ child }: TollgateProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** On a new connection: those that are kept alive are served until the end. */
function isRefused(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
