import type { ConnectionLostError, RespOutcome, RespValue } from './reply.ts';

export type OnReplies = (replies: RespOutcome[]) => void;

interface Exchange {
  count: number;
  replies: RespOutcome[];
  onReplies: OnReplies;
}

/** Begin to cut off what has been answered when it is so much, and half of all. */
const ANSWERED_MAX = 256;

/** What was sent and not yet answered, in order. */
export class ExchangeQueue {
  #exchanges: (Exchange | undefined)[] = [];
  #answered = 0;

  add(count: number, onReplies: OnReplies): void {
    this.#exchanges.push({ count, replies: [], onReplies });
  }

  /** The next reply. False when nobody waits for one. */
  take(reply: RespValue): boolean {
    const first = this.#exchanges[this.#answered];
    if (!first) return false;
    first.replies.push(reply);
    if (first.replies.length < first.count) return true;
    this.#dropFirst();
    first.onReplies(first.replies);
    return true;
  }

  /** No more replies will come: what is missing gets the fault. */
  fail(fault: ConnectionLostError): void {
    const lost = this.#exchanges.slice(this.#answered).filter((exchange) => exchange !== undefined);
    this.#exchanges = [];
    this.#answered = 0;
    for (const { count, replies, onReplies } of lost) {
      while (replies.length < count) replies.push(fault);
      onReplies(replies);
    }
  }

  #dropFirst(): void {
    this.#exchanges[this.#answered] = undefined;
    this.#answered += 1;
    if (this.#answered === this.#exchanges.length) {
      this.#exchanges = [];
      this.#answered = 0;
    } else if (this.#answered >= ANSWERED_MAX && this.#answered * 2 >= this.#exchanges.length) {
      this.#exchanges = this.#exchanges.slice(this.#answered);
      this.#answered = 0;
    }
  }
}
