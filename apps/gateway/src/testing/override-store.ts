import { StoreUnavailableError, type Store } from '@tollgate/store';

/** The real store, but for some calls. */
export function overrideStore(real: Store, changes: Partial<Store>): Store {
  return new Proxy(real, {
    get(target, name) {
      const changed: unknown = Reflect.get(changes, name);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What every call of a store that is gone gives. */
export async function rejectAsGone(): Promise<never> {
  throw new StoreUnavailableError('connect ECONNREFUSED 203.0.113.7:6379');
}
