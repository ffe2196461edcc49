import { StoreUnavailableError } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { Call, Link, Reply } from './link.ts';
import { SCRIPTS } from './scripts.ts';
import { TurnCall } from './turn-call.ts';
import type { TurnOp } from './turn-op.ts';

/** One call blocks Redis while it runs: a turn with more operations makes several. */
const OPS_PER_CALL_MAX = 128;
/** The tag of all operations where tags do not matter. */
const ANY_TAG = '';

export interface BatcherOptions {
  link: Pick<Link, 'isOpening' | 'opened' | 'send' | 'noteTimeout'>;
  callTimeoutMs: number;
  timings: Timings;
  /** Known to the script, so that it knows whose tickets are this node's. */
  nodeId: string;
  /** One call for each hash tag, which finds its keys on one node; else one call for all. */
  isCluster: boolean;
  /** What became of tickets of this node in a call (see lua/includes/tell-node.lua). */
  onNews(news: readonly unknown[]): void;
  /** A call was not answered, or not in time. */
  onFault(): void;
}

/**
 * Collects the operations of one turn of the loop and sends them at its end: one script call (on a
 * Cluster one for each hash tag), all in one write. Operations on one tag run in the order of TURN_ORDER, and first come, first served in each.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #header: readonly (string | number)[];
  #ranks: TurnOp[][] = [[], [], [], []];
  #isScheduled = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(options: BatcherOptions) {
    const { leaseTtlMs, windowMs, seedTokenTtlMs, ticketTtlMs } = options.timings;
    this.#options = options;
    this.#header = [leaseTtlMs, windowMs, seedTokenTtlMs, ticketTtlMs, options.nodeId];
  }

  add(op: TurnOp): void {
    this.#ranks[op.rank]?.push(op);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.flush());
  }

  /** Sends what is collected and resolves when all that was sent is answered, abandoned or lost. */
  async drain(): Promise<void> {
    this.flush();
    await Promise.all(this.#inFlight);
  }

  /** Sends what is collected now, so that a call outside the batch does not overtake it. */
  flush(): void {
    this.#isScheduled = false;
    const ranks = this.#ranks;
    if (ranks.every((ops) => ops.length === 0)) return;
    this.#ranks = [[], [], [], []];
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#inFlight.add(ended);
    void ended.then(() => this.#inFlight.delete(ended));
    void this.#sendTurn(this.#buildCalls(ranks), end);
  }

  /** `end` is called when the callers have their answers, at the latest after the time limit. */
  async #sendTurn(calls: readonly TurnCall[], end: () => void): Promise<void> {
    const { link, callTimeoutMs } = this.#options;
    let isOver = false;
    const abandon = () => {
      if (isOver) return;
      isOver = true;
      this.#abandon(calls);
      end();
    };
    // One more poll of the sockets: a loop that was held up itself must not blame Redis.
    const timer = setTimeout(() => setImmediate(abandon), callTimeoutMs);
    if (link.isOpening) await link.opened;
    const replies = isOver ? null : await link.send(calls.map((call) => this.#toScriptCall(call)));
    isOver = true;
    clearTimeout(timer);
    for (const [index, call] of calls.entries()) {
      if (replies) this.#settleCall(call, replies[index]);
      else this.#failCall(call, new StoreUnavailableError('Redis is not there'), false);
    }
    end();
  }

  #toScriptCall(call: TurnCall): Call {
    const { registers } = call;
    const keys = registers.concat(call.keys);
    const args = [...this.#header, registers.length, ...call.args];
    if (this.#options.isCluster) return { script: SCRIPTS.runTurn, keys, args };
    return { script: SCRIPTS.runTurn, keys: [], args: [JSON.stringify([keys, args])] };
  }

  #settleCall(call: TurnCall, reply: Reply | undefined): void {
    if (!reply || 'fault' in reply) {
      this.#failCall(call, reply?.fault ?? new StoreUnavailableError('the reply was lost'), true);
      return;
    }
    const results = (this.#options.isCluster ? reply.value : JSON.parse(reply.value as string)) as unknown[];
    let at = 0;
    for (const op of call.ops) op.settle(op.answers ? results[at++] : undefined);
    if (results.length > at) this.#options.onNews(results.slice(at));
  }

  #buildCalls(ranks: TurnOp[][]): TurnCall[] {
    const calls: TurnCall[] = [];
    const open = new Map<string, TurnCall>();
    for (const ops of ranks) {
      for (const op of ops) {
        const tag = this.#options.isCluster ? op.tag : ANY_TAG;
        let call = open.get(tag);
        if (!call || call.ops.length >= OPS_PER_CALL_MAX) {
          call = new TurnCall();
          open.set(tag, call);
          calls.push(call);
        }
        call.add(op);
      }
    }
    return calls;
  }

  #abandon(calls: readonly TurnCall[]): void {
    const { link, callTimeoutMs } = this.#options;
    link.noteTimeout();
    const fault = new StoreUnavailableError(`Redis did not answer within ${callTimeoutMs} ms`);
    for (const { ops } of calls) for (const op of ops) op.abandon(fault);
    this.#options.onFault();
  }

  #failCall({ ops }: TurnCall, fault: StoreUnavailableError, wasSent: boolean): void {
    for (const op of ops) op.fail(fault, wasSent);
    this.#options.onFault();
  }
}
