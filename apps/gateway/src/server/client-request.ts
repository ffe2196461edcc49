import type { RequestId } from '@tollgate/core';
import type { HttpRequest, HttpResponse } from '@tollgate/uws';
import { formatAddress } from './format-address.ts';
import type { ClientRequest } from './port.ts';
import type { RequestBody } from './request-body.ts';

/** The head of a request, copied: uWebSockets.js's own object is only valid inside its callback. */
export interface RequestHead {
  method: string;
  path: string;
  query: string;
  remoteAddress: string;
  headers: readonly (readonly [name: string, value: string])[];
}

/** Call inside the uWebSockets.js callback, before anything else touches `request`. */
export function copyRequestHead(request: HttpRequest, response: HttpResponse): RequestHead {
  const headers: [string, string][] = [];
  // oxlint-disable-next-line unicorn/no-array-for-each -- not an array
  request.forEach((name, value) => {
    headers.push([name, value]);
  });
  return {
    // Not getMethod(): it lower-cases by setting a bit, which turns other characters into new ones.
    method: request.getCaseSensitiveMethod().toUpperCase(),
    path: request.getUrl(),
    query: (request.getQuery() as string | undefined) ?? '',
    remoteAddress: formatAddress(new Uint8Array(response.getRemoteAddress())),
    headers,
  };
}

export class UwsClientRequest implements ClientRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly remoteAddress: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly #body: RequestBody;

  constructor(id: RequestId, head: RequestHead, body: RequestBody) {
    this.id = id;
    this.method = head.method;
    this.path = head.path;
    this.query = head.query;
    this.remoteAddress = head.remoteAddress;
    this.headers = head.headers;
    this.#body = body;
  }

  header(name: string): string {
    for (const [known, value] of this.headers) if (known === name) return value;
    return '';
  }

  readBody(bytesMax: number): Promise<Buffer> {
    return this.#body.read(bytesMax);
  }
}
