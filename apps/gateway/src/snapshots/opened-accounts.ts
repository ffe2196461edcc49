import { buildProxySealContext, type AccountCredentials, type AccountSnapshot } from '@tollgate/core';
import { buildPlatformAuthHeaders } from '@tollgate/protocol';

/** An account ready to send with. */
export interface OpenedAccount {
  credentials: AccountCredentials;
  /** `https://host[:port]` */
  origin: string;
  /** In front of the API's own path: '' or `/prefix`, without a slash at the end. */
  pathPrefix: string;
  /** ACC-7: with its credentials; null = direct. */
  proxyUrl: string | null;
}

/**
 * Opened credentials, kept beside the snapshot they came from: they live as long as the snapshot does in L1,
 * and never leave this process.
 */
export class OpenedAccounts {
  readonly #opened = new WeakMap<AccountSnapshot, OpenedAccount>();
  readonly #openSecret: (sealed: string, context: string) => string;

  constructor(openSecret: (sealed: string, context: string) => string) {
    this.#openSecret = openSecret;
  }

  /**
   * Throws when nothing can be sent with the account: the seal cannot be opened (wrong secret key, damaged
   * row), credentials of another kind, an address that is none. The same for its proxy. A failure is not remembered.
   */
  open(account: AccountSnapshot): OpenedAccount {
    const known = this.#opened.get(account);
    if (known) return known;
    const opened = this.#openNew(account);
    this.#opened.set(account, opened);
    return opened;
  }

  #openNew(account: AccountSnapshot): OpenedAccount {
    const sealed = this.#openSecret(account.sealedCredentials, account.id);
    const credentials = parseCredentials(sealed);
    // Throws where they do not fit the kind: here, and not in the middle of a request.
    buildPlatformAuthHeaders(account.platform, account.kind, credentials);
    const { origin, pathname } = new URL(account.baseUrl);
    const proxyUrl = this.#openProxy(account);
    return { credentials, origin, pathPrefix: pathname.replace(/\/+$/, ''), proxyUrl };
  }

  /** One that cannot be opened throws, too: an account with a proxy never goes without. */
  #openProxy({ id, sealedProxyUrl }: AccountSnapshot): string | null {
    return sealedProxyUrl === null ? null : this.#openSecret(sealedProxyUrl, buildProxySealContext(id));
  }
}

/** The parser's own message would quote the secret. */
function parseCredentials(text: string): AccountCredentials {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as AccountCredentials;
  } catch {
    // Told below.
  }
  throw new TypeError('the sealed credentials are no JSON object');
}
