import type { AccountCredentials, AccountSnapshot, PoolSnapshot } from '@tollgate/core';

/**
 * Opened credentials, kept beside the snapshot they came from: they live as long as the snapshot does in L1,
 * and never leave this process.
 */
export class OpenedAccounts {
  readonly #opened = new WeakMap<AccountSnapshot, AccountCredentials>();
  readonly #openSecret: (sealed: string, context: string) => string;

  constructor(openSecret: (sealed: string, context: string) => string) {
    this.#openSecret = openSecret;
  }

  /** Throws when the seal cannot be opened (wrong secret key, damaged row). */
  open(account: PoolSnapshot['accounts'][number]): AccountCredentials {
    const known = this.#opened.get(account);
    if (known) return known;
    const credentials = JSON.parse(
      this.#openSecret(account.sealedCredentials, account.id),
    ) as AccountCredentials;
    this.#opened.set(account, credentials);
    return credentials;
  }
}
