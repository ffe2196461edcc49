import type { Clock } from '@tollgate/core';
import { at } from '../admit-result.ts';
import { StoreUnavailableError } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { CommandLink } from './cluster-link.ts';
import type { Call, Reply } from './call.ts';
import { SCRIPTS } from './scripts.ts';
import { TurnCall } from './turn-call.ts';
import { TurnDeadlines, type TimedTurn } from './turn-deadlines.ts';
import type { TurnOp } from './turn-op.ts';

/** One call blocks Redis while it runs: a turn with more operations makes several. */
const OPS_PER_CALL_MAX = 128;
/** The tag of all operations where tags do not matter. */
const ANY_TAG = '';

export interface BatcherOptions {
  link: CommandLink;
  callTimeoutMs: number;
  timings: Timings;
  /** Known to the script, so that it knows whose tickets are this node's. */
  nodeId: string;
  clock: Clock;
  /** One call for each hash tag, which finds its keys on one node; else one call for all. */
  isCluster: boolean;
  /** What became of tickets of this node in a call (see lua/includes/tell-node.lua). */
  onNews(news: readonly unknown[]): void;
  /** A call was not answered, or not in time. */
  onFault(): void;
}

/** What one flush sent. */
interface Turn extends TimedTurn {
  calls: TurnCall[];
  /** Its callers have their answers. */
  isOver: boolean;
}

/**
 * Collects the operations of one turn of the loop and sends them at its end: one script call (on a
 * Cluster one for each hash tag), all in one write. Operations on one tag run in the order of TURN_ORDER, and first come, first served in each.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #header: readonly (string | number)[];
  #ranks: TurnOp[][] = [[], [], [], [], []];
  #isScheduled = false;
  readonly #inFlight: TurnDeadlines<Turn>;

  constructor(options: BatcherOptions) {
    const { leaseTtlMs, windowMs, seedTokenTtlMs, ticketTtlMs } = options.timings;
    this.#options = options;
    this.#header = [leaseTtlMs, windowMs, seedTokenTtlMs, ticketTtlMs, options.nodeId];
    const { clock, callTimeoutMs } = options;
    this.#inFlight = new TurnDeadlines({ clock, limitMs: callTimeoutMs, onOverdue: this.#abandon });
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
    await this.#inFlight.drained();
  }

  /** Sends what is collected now, so that a call outside the batch does not overtake it. */
  flush(): void {
    this.#isScheduled = false;
    const ranks = this.#ranks;
    if (ranks.every((ops) => ops.length === 0)) return;
    this.#ranks = [[], [], [], [], []];
    const turn = { calls: this.#buildCalls(ranks), isOver: false, deadlinePlace: -1, deadlineMs: 0 };
    this.#inFlight.add(turn);
    if (this.#options.link.isOpening) void this.#options.link.opened.then(() => this.#sendTurn(turn));
    else this.#sendTurn(turn);
  }

  #sendTurn(turn: Turn): void {
    const calls = turn.calls.map(toScriptCall);
    if (!turn.isOver && this.#options.link.sendThen(calls, (replies) => this.#settleTurn(turn, replies)))
      return;
    for (const call of turn.calls)
      this.#failCall(call, new StoreUnavailableError('Redis is not there'), false);
    this.#end(turn);
  }

  #settleTurn(turn: Turn, replies: readonly Reply[]): void {
    for (const [index, call] of turn.calls.entries()) this.#settleCall(call, replies[index]);
    this.#end(turn);
  }

  #end(turn: Turn): void {
    turn.isOver = true;
    this.#inFlight.remove(turn);
  }

  #settleCall(call: TurnCall, reply: Reply | undefined): void {
    if (!reply || 'fault' in reply) {
      this.#failCall(call, reply?.fault ?? new StoreUnavailableError('the reply was lost'), true);
      return;
    }
    const results = this.#options.isCluster ? reply.value : parseResults(reply.value);
    if (!Array.isArray(results)) {
      this.#failCall(call, new StoreUnavailableError('Redis gave no results'), true);
      return;
    }
    // The news first: a renewal that only says that a ticket is gone must not come before the reason.
    const { answering } = call;
    if (results.length > answering.length) this.#options.onNews(results.slice(answering.length));
    for (let index = 0; index < answering.length; index += 1) settleOp(at(answering, index), results[index]);
  }

  #buildCalls(ranks: TurnOp[][]): TurnCall[] {
    const calls: TurnCall[] = [];
    const open = new Map<string, TurnCall>();
    for (const ops of ranks) {
      for (const op of ops) {
        const tag = this.#options.isCluster ? op.tag : ANY_TAG;
        let call = open.get(tag);
        if (!call || call.ops.length >= OPS_PER_CALL_MAX) {
          call = new TurnCall(this.#header, !this.#options.isCluster);
          open.set(tag, call);
          calls.push(call);
        }
        call.add(op);
      }
    }
    return calls;
  }

  /** The time limit is over; the replies, or their loss, may still come. */
  readonly #abandon = (turn: Turn): void => {
    const { link, callTimeoutMs } = this.#options;
    link.noteTimeout();
    turn.isOver = true;
    const fault = new StoreUnavailableError(`Redis did not answer within ${callTimeoutMs} ms`);
    for (const { ops } of turn.calls) for (const op of ops) op.abandon(fault);
    this.#options.onFault();
  };

  #failCall({ ops }: TurnCall, fault: StoreUnavailableError, wasSent: boolean): void {
    for (const op of ops) op.fail(fault, wasSent);
    this.#options.onFault();
  }
}

function toScriptCall(call: TurnCall): Call {
  const { keys, args } = call.list();
  return { script: SCRIPTS.runTurn, keys, args };
}

/** A list without results, as Lua writes an empty table. */
const NO_RESULTS = '{}';

function parseResults(text: unknown): unknown {
  if (text === NO_RESULTS) return [];
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}

/** A result of another shape than the script gives must not end the process. */
function settleOp(op: TurnOp, result: unknown): void {
  try {
    op.settle(result);
  } catch (cause) {
    op.fail(new StoreUnavailableError('Redis gave a result that is none', { cause }), true);
  }
}
