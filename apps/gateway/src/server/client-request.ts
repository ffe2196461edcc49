import type { RequestId } from '@tollgate/core';
import type { HttpRequest } from '@tollgate/uws';
import { formatAddress } from './format-address.ts';
import { knowHeaderName } from './know-header-name.ts';
import type { ClientRequest } from './port.ts';
import type { RequestBody } from './request-body.ts';

/** The head of a request, copied: uWebSockets.js's own object is only valid inside its callback. */
export interface RequestHead {
  method: string;
  path: string;
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
}

/** Call inside the uWebSockets.js callback, before anything else touches `request`. */
export function copyRequestHead(request: HttpRequest): RequestHead {
  const headers: [string, string][] = [];
  // oxlint-disable-next-line unicorn/no-array-for-each -- not an array
  request.forEach((name, value) => {
    headers.push([knowHeaderName(name), value]);
  });
  return {
    // Not getMethod(): it lower-cases by setting a bit, which turns other characters into new ones.
    method: request.getCaseSensitiveMethod().toUpperCase(),
    path: request.getUrl(),
    query: (request.getQuery() as string | undefined) ?? '',
    headers,
  };
}

/** The connection, as long as it may be asked. */
export interface AddressSource {
  /** 4 or 16 bytes, 0 when the answer is over. */
  readAddress(): Uint8Array;
}

export class UwsClientRequest implements ClientRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly #body: RequestBody;
  readonly #socket: AddressSource;
  #remoteAddress: string | null = null;

  constructor(id: RequestId, head: RequestHead, body: RequestBody, socket: AddressSource) {
    this.id = id;
    this.method = head.method;
    this.path = head.path;
    this.query = head.query;
    this.headers = head.headers;
    this.#body = body;
    this.#socket = socket;
  }

  /** Asked of the socket when somebody wants it; '' once the answer is over. */
  get remoteAddress(): string {
    this.#remoteAddress ??= formatAddress(this.#socket.readAddress());
    return this.#remoteAddress;
  }

  header(name: string): string {
    for (const header of this.headers) if (header[0] === name) return header[1];
    return '';
  }

  readBody(bytesMax: number): Promise<Buffer> {
    return this.#body.read(bytesMax);
  }

  skipBody(bytesMax: number): Promise<void> {
    return this.#body.skip(bytesMax);
  }
}
