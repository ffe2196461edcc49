import type { Sink } from '../direct-store.ts';

/** What the resilient store does about an answer of the primary, the same for all requests of one kind. */
export interface Answers<Request, Result> {
  /** It came: what it teaches, and what the caller gets. */
  learn(request: Request, result: Result): Result;
  /** The primary gave none. */
  instead(request: Request, fault: unknown): Promise<Result>;
}

/** A request that the primary has been asked. */
export class Asked<Request, Result> implements Sink<Result> {
  readonly #request: Request;
  readonly #answers: Answers<Request, Result>;
  readonly #settle: (result: Result | Promise<Result>) => void;

  /** `settle`: the `resolve` of the caller's promise. */
  constructor(
    request: Request,
    answers: Answers<Request, Result>,
    settle: (result: Result | Promise<Result>) => void,
  ) {
    this.#request = request;
    this.#answers = answers;
    this.#settle = settle;
  }

  resolve(result: Result): void {
    this.#settle(this.#answers.learn(this.#request, result));
  }

  reject(fault: unknown): void {
    this.#settle(this.#answers.instead(this.#request, fault));
  }
}
