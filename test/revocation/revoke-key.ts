import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTollgateClient, type ChangeSeen } from '@tollgate/api';
import { ADMIN_TOKEN } from '../harness/fleet.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { askGateway } from './ask-gateway.ts';
import type { DoomedKey, RevocationSite } from './revocation-site.ts';

export interface Revocation {
  /** By node: ms from the admin's answer to the sending of the last request that was accepted; 0 = none was. */
  lastAcceptedMs: number[];
  /** Requests that were accepted although they were sent after the admin's answer. */
  acceptedAfter: number;
  change: ChangeSeen | null;
}

export interface RevokeOptions {
  agent: Agent;
  /** As `x-tollgate-wait-ms`. */
  waitMs: number;
  /** After this the key should be dead on every node. Throws when it is not. */
  deadWithinMs: number;
  /** A pause between two requests with the key on one node: for modes that take seconds. */
  pauseMs: number;
  /** From the moment in which every node accepts the key to its revocation. Default: none. */
  leadMs?: () => number;
}

/** Refusals in a row after which a node is believed. */
const REFUSALS = 2;

/** Revokes one key while every node is asked with it without a pause, and on until each refuses it. */
export async function revokeKey(
  site: RevocationSite,
  { id, plainKey }: DoomedKey,
  options: RevokeOptions,
): Promise<Revocation> {
  const probes = site.gateways.map((gateway) => new KeyProbe(gateway, plainKey, options));
  const running = probes.map((probe) => probe.run());
  await waitUntil('every node accepts the key', () => probes.every((probe) => probe.isAccepted), 30_000);
  await sleep(options.leadMs?.() ?? 0);
  let change: ChangeSeen | null = null;
  const admin = createTollgateClient({
    url: site.control.ready['control'] ?? '',
    token: ADMIN_TOKEN,
    waitMs: options.waitMs,
    onChange: (seen) => void (change = seen),
  });
  await admin.keys.update.mutate({ id, status: 'disabled' });
  const answeredMs = performance.now();
  for (const probe of probes) probe.giveUpAfter(answeredMs + options.deadWithinMs);
  await Promise.all(running);
  const after = probes.map((probe) => probe.acceptedMs.map((ms) => ms - answeredMs).filter((ms) => ms > 0));
  return {
    lastAcceptedMs: after.map((sent) => sent.at(-1) ?? 0),
    acceptedAfter: after.flat().length,
    change,
  };
}

/** Asks one node with one key, again and again. */
class KeyProbe {
  readonly #gateway: string;
  readonly #key: string;
  readonly #options: RevokeOptions;
  #untilMs = Number.POSITIVE_INFINITY;
  /** When each request was sent that was accepted. */
  readonly acceptedMs: number[] = [];

  constructor(gateway: string, key: string, options: RevokeOptions) {
    this.#gateway = gateway;
    this.#key = key;
    this.#options = options;
  }

  get isAccepted(): boolean {
    return this.acceptedMs.length > 0;
  }

  giveUpAfter(moment: number): void {
    this.#untilMs = moment;
  }

  async run(): Promise<void> {
    const { agent, pauseMs } = this.#options;
    for (let refusals = 0; refusals < REFUSALS;) {
      const sentMs = performance.now();
      if (sentMs > this.#untilMs) throw new Error('a revoked key was still accepted when its time was over');
      const status = await askGateway(this.#gateway, this.#key, agent);
      if (status === 200) this.acceptedMs.push(sentMs);
      refusals = status === 401 ? refusals + 1 : 0;
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }
}
