import type { TakeAccountRequest, TakeAccountResult } from './account-port.ts';
import type { AdmitRequest, AdmitResult, Store } from './port.ts';

/** Who hears what became of a call: one of the two, once, and never during the call. */
export interface Sink<Result> {
  resolve(result: Result): void;
  reject(fault: unknown): void;
}

/**
 * A store that answers what each request asks without a promise of its own, for a store in front of it: each promise on
 * the way is one more for every request. Both throw as the promising ones reject on a request that is none.
 */
export interface DirectStore extends Store {
  admitTo(request: AdmitRequest, sink: Sink<AdmitResult>): void;
  takeAccountTo(request: TakeAccountRequest, sink: Sink<TakeAccountResult>): void;
}
