import type { NodeId } from '@tollgate/core';
import type { NodeAbout } from '../node-port.ts';
import { NODE_TTL_MS } from '../port.ts';
import type { CommandLink } from './cluster-link.ts';
import type { Keys } from './keys.ts';
import { encodeNodeWords } from './node-words.ts';
import { SCRIPTS } from './scripts.ts';

/**
 * A Redis that was away for long, or comes back empty, has forgotten the others until their next heartbeats: who
 * asks first would take its share for the whole. So only what this many answers in a row say makes the number fall.
 */
const FALLS_AFTER = 3;

/** Says that this node lives and how far it has come, and learns how many live. */
export class NodeRegister {
  readonly #nodeId: NodeId | null;
  readonly #keys: Keys;
  readonly #link: Pick<CommandLink, 'send' | 'isUsable'>;
  /** The latest, newest last. */
  #heard: readonly number[] = [];
  #describe: (() => NodeAbout) | null = null;
  /** The last message that is in force here with all before it; null = none yet. */
  #number: number | null = null;
  #isTelling = false;
  #hasMore = false;

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

  /** From now on it has words of its own. */
  announce(describe: () => NodeAbout): void {
    this.#describe = describe;
    void this.#tell();
  }

  /** Tells at once; what comes while one is on its way goes together with the next. */
  acknowledge(number: number): void {
    this.#number = number;
    if (this.#describe) void this.#tell();
  }

  /** Never rejects: what fails is made up for by the next heartbeat. */
  async register(): Promise<void> {
    const count = await this.#send();
    if (count !== null) this.#heard = [...this.#heard, count].slice(-FALLS_AFTER);
  }

  /** Not counted any more. Does not wait for an answer. */
  async leave(): Promise<void> {
    if (this.#nodeId === null || !this.#link.isUsable) return;
    const { nodes, nodeWords } = this.#keys;
    void this.#link.send([
      { command: 'zrem', args: [nodes, this.#nodeId] },
      { command: 'hdel', args: [nodeWords, this.#nodeId] },
    ]);
  }

  /** Its answers do not make the count fall: heartbeats alone are far enough apart for that. */
  async #tell(): Promise<void> {
    this.#hasMore = true;
    if (this.#nodeId === null || this.#isTelling) return;
    this.#isTelling = true;
    while (this.#hasMore) {
      this.#hasMore = false;
      await this.#send();
    }
    this.#isTelling = false;
  }

  /** How many nodes live; null = Redis did not say. */
  async #send(): Promise<number | null> {
    const { nodes, nodeWords } = this.#keys;
    const words = this.#describe ? encodeNodeWords(this.#describe(), this.#number) : '';
    const args = this.#nodeId === null ? [] : [this.#nodeId, NODE_TTL_MS, words];
    const sent = this.#link.send([{ script: SCRIPTS.registerNode, keys: [nodes, nodeWords], args }]);
    const [reply] = (await sent) ?? [];
    return reply && 'value' in reply ? Number(reply.value) : null;
  }
}
