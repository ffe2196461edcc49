import { StoreUnavailableError } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { Call, Link, Reply } from './link.ts';
import { SCRIPTS } from './scripts.ts';
import type { TurnOp } from './turn-op.ts';

/** One call blocks Redis while it runs: a turn with more operations makes several. */
const OPS_PER_CALL_MAX = 128;
/** The tag of all operations where tags do not matter. */
const ANY_TAG = '';

export interface BatcherOptions {
  link: Link;
  callTimeoutMs: number;
  timings: Timings;
  /** One call for each hash tag, which finds its keys on one node; else one call for all. */
  isCluster: boolean;
}

interface TurnCall {
  keys: string[];
  args: (string | number)[];
  ops: TurnOp[];
}

/**
 * Collects the operations of one turn of the loop and sends them at its end: one script call (on a
 * Cluster one for each hash tag), all in one write. Operations on one tag run in the order of TURN_ORDER, and first come, first served in each.
 */
export class Batcher {
  readonly #link: Link;
  readonly #callTimeoutMs: number;
  readonly #isCluster: boolean;
  readonly #header: readonly number[];
  #ranks: TurnOp[][] = [[], [], [], []];
  #isScheduled = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor({ link, callTimeoutMs, timings, isCluster }: BatcherOptions) {
    this.#link = link;
    this.#callTimeoutMs = callTimeoutMs;
    this.#isCluster = isCluster;
    this.#header = [timings.leaseTtlMs, timings.rpmWindowMs, timings.seedTokenTtlMs];
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
    let isOver = false;
    const abandon = () => {
      if (isOver) return;
      isOver = true;
      this.#abandon(calls);
      end();
    };
    // One more poll of the sockets: a loop that was held up itself must not blame Redis.
    const timer = setTimeout(() => setImmediate(abandon), this.#callTimeoutMs);
    if (this.#link.isOpening) await this.#link.opened;
    const replies = isOver ? null : await this.#link.send(calls.map((call) => this.#toScriptCall(call)));
    isOver = true;
    clearTimeout(timer);
    for (const [index, call] of calls.entries()) {
      if (replies) this.#settleCall(call, replies[index]);
      else failCall(call, new StoreUnavailableError('Redis is not there'), false);
    }
    end();
  }

  #toScriptCall({ keys, args }: TurnCall): Call {
    if (this.#isCluster) return { script: SCRIPTS.runTurn, keys, args };
    return { script: SCRIPTS.runTurn, keys: [], args: [JSON.stringify([keys, args])] };
  }

  #settleCall(call: TurnCall, reply: Reply | undefined): void {
    if (!reply || 'fault' in reply) {
      failCall(call, reply?.fault ?? new StoreUnavailableError('the reply was lost'), true);
      return;
    }
    const results = this.#isCluster ? reply.value : JSON.parse(reply.value as string);
    let at = 0;
    for (const op of call.ops) op.settle(op.answers ? (results as unknown[])[at++] : undefined);
  }

  #buildCalls(ranks: TurnOp[][]): TurnCall[] {
    const calls: TurnCall[] = [];
    const open = new Map<string, TurnCall>();
    for (const ops of ranks) {
      for (const op of ops) {
        const tag = this.#isCluster ? op.tag : ANY_TAG;
        let call = open.get(tag);
        if (!call || call.ops.length >= OPS_PER_CALL_MAX) {
          call = { keys: [], args: [...this.#header], ops: [] };
          open.set(tag, call);
          calls.push(call);
        }
        op.write(call.keys, call.args, call.ops.at(-1) ?? null);
        call.ops.push(op);
      }
    }
    return calls;
  }

  #abandon(calls: readonly TurnCall[]): void {
    this.#link.noteTimeout();
    const fault = new StoreUnavailableError(`Redis did not answer within ${this.#callTimeoutMs} ms`);
    for (const { ops } of calls) for (const op of ops) op.abandon(fault);
  }
}

function failCall({ ops }: TurnCall, fault: StoreUnavailableError, wasSent: boolean): void {
  for (const op of ops) op.fail(fault, wasSent);
}
