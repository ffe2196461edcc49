import type { Platform } from '@tollgate/core';
import type { ClientRequest } from './server/port.ts';

const PREFIX = '/antigravity';

/** API-1: `/antigravity/…` is any other path, with groups of that platform alone. null = a usual path. */
export function splitForcedPlatform(
  request: ClientRequest,
): { platform: Platform; request: ClientRequest } | null {
  const { path } = request;
  if (!path.startsWith(`${PREFIX}/`)) return null;
  return { platform: 'antigravity', request: new InnerRequest(request, path.slice(PREFIX.length)) };
}

/** The same request as if its path had begun behind the prefix. */
class InnerRequest implements ClientRequest {
  readonly path: string;
  readonly #outer: ClientRequest;

  constructor(outer: ClientRequest, path: string) {
    this.#outer = outer;
    this.path = path;
  }

  get id(): ClientRequest['id'] {
    return this.#outer.id;
  }

  get method(): string {
    return this.#outer.method;
  }

  get query(): string {
    return this.#outer.query;
  }

  get remoteAddress(): string {
    return this.#outer.remoteAddress;
  }

  get headers(): ClientRequest['headers'] {
    return this.#outer.headers;
  }

  header(name: string): string {
    return this.#outer.header(name);
  }

  readBody(bytesMax: number): Promise<Buffer> {
    return this.#outer.readBody(bytesMax);
  }

  skipBody(bytesMax: number): Promise<void> {
    return this.#outer.skipBody(bytesMax);
  }
}
