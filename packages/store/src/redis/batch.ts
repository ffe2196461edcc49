import { StoreUnavailableError } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { Call, Link, Reply } from './link.ts';
import { SCRIPTS } from './scripts.ts';
import type { TurnOp } from './turn-op.ts';

/** One call blocks Redis while it runs: a turn with more operations on one tag makes several. */
const OPS_PER_CALL_MAX = 128;

interface TurnCall {
  keys: string[];
  args: (string | number)[];
  ops: TurnOp[];
}

/**
 * Collects the operations of one turn of the loop and sends them at its end: one script call for each hash tag,
 * all in one write. Operations on one tag run in the order of TURN_ORDER, and first come, first served in each.
 */
export class Batcher {
  readonly #link: Link;
  readonly #callTimeoutMs: number;
  readonly #header: readonly number[];
  #ranks: TurnOp[][] = [[], [], [], []];
  #isScheduled = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(link: Link, callTimeoutMs: number, timings: Timings) {
    this.#link = link;
    this.#callTimeoutMs = callTimeoutMs;
    this.#header = [timings.leaseTtlMs, timings.rpmWindowMs, timings.seedTokenTtlMs];
  }

  add(op: TurnOp): void {
    this.#ranks[op.rank]?.push(op);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  /** Sends what is collected and resolves when all that was sent is answered, abandoned or lost. */
  async drain(): Promise<void> {
    this.#flush();
    await Promise.all(this.#inFlight);
  }

  #flush(): void {
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
    const replies = isOver ? null : await this.#link.send(calls.map(toScriptCall));
    isOver = true;
    clearTimeout(timer);
    for (const [index, call] of calls.entries()) {
      if (replies) settleCall(call, replies[index]);
      else failCall(call, new StoreUnavailableError('Redis is not there'), false);
    }
    end();
  }

  #buildCalls(ranks: TurnOp[][]): TurnCall[] {
    const calls: TurnCall[] = [];
    const open = new Map<string, TurnCall>();
    for (const op of ranks.flat()) {
      let call = open.get(op.tag);
      if (!call || call.ops.length >= OPS_PER_CALL_MAX) {
        call = { keys: [], args: [...this.#header], ops: [] };
        open.set(op.tag, call);
        calls.push(call);
      }
      call.ops.push(op);
      op.write(call.keys, call.args);
    }
    return calls;
  }

  #abandon(calls: readonly TurnCall[]): void {
    this.#link.noteTimeout();
    const fault = new StoreUnavailableError(`Redis did not answer within ${this.#callTimeoutMs} ms`);
    for (const { ops } of calls) for (const op of ops) op.abandon(fault);
  }
}

function toScriptCall({ keys, args }: TurnCall): Call {
  return { script: SCRIPTS.runTurn, keys, args };
}

function failCall({ ops }: TurnCall, fault: StoreUnavailableError, wasSent: boolean): void {
  for (const op of ops) op.fail(fault, wasSent);
}

function settleCall(call: TurnCall, reply: Reply | undefined): void {
  if (!reply || 'fault' in reply) {
    failCall(call, reply?.fault ?? new StoreUnavailableError('the reply was lost'), true);
    return;
  }
  const results = reply.value as unknown[];
  let at = 0;
  for (const op of call.ops) op.settle(op.answers ? results[at++] : undefined);
}
