import { setTimeout as sleep } from 'node:timers/promises';
import { buildMessage, KEY } from '../../harness/client.ts';
import type { SeenAnswer } from '../read-answer.ts';
import { openCrowdAgent, sendMessage } from '../send-message.ts';
import { NODES, type CrashSite } from './crash-site.ts';

/** A client whose gateway is gone, or has nothing for it, asks again. */
const REST_MS = 50;

/** Closed-loop clients that keep books of their own, half of them streaming, spread over the nodes. */
export class CrashLoad {
  /** All that a client saw to its last byte. */
  readonly answered: SeenAnswer[] = [];
  refused = 0;
  cut = 0;
  readonly #stopping = new AbortController();
  readonly #clients: Promise<unknown>;

  constructor(site: CrashSite, clients: number) {
    this.#clients = Promise.all(Array.from({ length: clients }, (_, index) => this.#run(site, index)));
  }

  /** All requests that were begun are over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#clients;
  }

  async #run(site: CrashSite, index: number): Promise<void> {
    const node = NODES[index % NODES.length] ?? '';
    const agent = openCrowdAgent();
    for (let turn = 0; !this.#stopping.signal.aborted; turn += 1) {
      const body = buildMessage({
        stream: turn % 2 === 0,
        messages: [
          { role: 'user', content: `Turn ${turn} of ${index}: ${'say it again. '.repeat(turn % 5)}` },
        ],
      });
      const answer = await sendMessage({ gateway: site.urlOf(node), key: KEY, body, agent });
      if (answer.kind === 'whole') this.answered.push(answer);
      else {
        this[answer.kind] += 1;
        await sleep(REST_MS);
      }
    }
    agent.destroy();
  }
}
