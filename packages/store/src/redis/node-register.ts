import type { NodeId } from '@tollgate/core';
import { NODE_TTL_MS } from '../port.ts';
import type { CommandLink } from './cluster-link.ts';
import type { Keys } from './keys.ts';
import { SCRIPTS } from './scripts.ts';

/**
 * A Redis that was away for long, or comes back empty, has forgotten the others until their next heartbeats: who
 * asks first would take its share for the whole. So only what this many answers in a row say makes the number fall.
 */
const FALLS_AFTER = 3;

/** Says that this node lives, and learns how many do. */
export class NodeRegister {
  readonly #nodeId: NodeId | null;
  readonly #keys: Keys;
  readonly #link: Pick<CommandLink, 'send' | 'isUsable'>;
  /** The latest, newest last. */
  #heard: readonly number[] = [];

  /** `nodeId` null = only counts. */
  constructor(nodeId: NodeId | null, keys: Keys, link: Pick<CommandLink, 'send' | 'isUsable'>) {
    this.#nodeId = nodeId;
    this.#keys = keys;
    this.#link = link;
  }

  /** As last known; at least 1. */
  get count(): number {
    return Math.max(1, ...this.#heard);
  }

  /** Never rejects: what fails is made up for by the next heartbeat. */
  async register(): Promise<void> {
    const args = this.#nodeId === null ? [] : [this.#nodeId, NODE_TTL_MS];
    const sent = this.#link.send([{ script: SCRIPTS.registerNode, keys: [this.#keys.nodes], args }]);
    const [reply] = (await sent) ?? [];
    if (reply && 'value' in reply) this.#heard = [...this.#heard, Number(reply.value)].slice(-FALLS_AFTER);
  }

  /** Not counted any more. Does not wait for an answer. */
  async leave(): Promise<void> {
    if (this.#nodeId === null || !this.#link.isUsable) return;
    void this.#link.send([{ command: 'zrem', args: [this.#keys.nodes, this.#nodeId] }]);
  }
}
