import type { DirectStore, Sink } from '../../direct-store.ts';
import type { Store } from '../../port.ts';

/** A store of promises as one that a resilient store can stand before. */
export function openDirect(store: Store): DirectStore {
  return new Proxy(store as DirectStore, {
    get(target, name) {
      if (name === 'admitTo') return tell(target.admit.bind(target));
      if (name === 'takeAccountTo') return tell(target.takeAccount.bind(target));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function tell<Request, Result>(ask: (request: Request) => Promise<Result>) {
  return (request: Request, sink: Sink<Result>): void => {
    void ask(request).then(
      (result) => sink.resolve(result),
      (fault: unknown) => sink.reject(fault),
    );
  };
}
