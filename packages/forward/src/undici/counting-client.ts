import { Client, type Dispatcher } from 'undici';
import { UndiciCall } from './undici-call.ts';

/** One connection of a pool that knows how many requests its present socket has served. */
export class CountingClient extends Client {
  #uses = 0;

  constructor(origin: URL, options: Client.Options) {
    super(origin, options);
    this.on('connect', () => (this.#uses = 0));
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof UndiciCall) handler.attach(this);
    return super.dispatch(options, handler);
  }

  /** Counts one more request on the socket; true if it had served one before. */
  countUse(): boolean {
    this.#uses += 1;
    return this.#uses > 1;
  }
}
