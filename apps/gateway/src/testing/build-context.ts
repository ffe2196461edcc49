import { scanMessagesBody } from '@tollgate/body';
import type { GroupSnapshot, KeySnapshot, RequestId } from '@tollgate/core';
import { RequestContext } from '../request-context.ts';
import type { ClientRequest } from '../server/port.ts';
import { buildKey, MODEL } from './build-snapshots.ts';
import { RecordingWriter } from './recording-writer.ts';

export interface RequestParts {
  method?: string;
  path?: string;
  query?: string;
  remoteAddress?: string;
  headers?: [name: string, value: string][];
  body?: string | (() => Promise<Buffer>);
}

export const REQUEST_ID = 'req_1' as RequestId;

export function buildRequest(parts: RequestParts = {}): ClientRequest {
  const { headers = [], body = buildBody() } = parts;
  return {
    id: REQUEST_ID,
    method: parts.method ?? 'POST',
    path: parts.path ?? '/v1/messages',
    query: parts.query ?? '',
    remoteAddress: parts.remoteAddress ?? '192.0.2.1',
    headers,
    header: (name) => headers.find(([known]) => known === name)?.[1] ?? '',
    readBody: typeof body === 'function' ? body : async () => Buffer.from(body),
    skipBody: async () => void (typeof body === 'function' && (await body())),
  };
}

export function buildBody(fields: object = {}): string {
  return JSON.stringify({
    model: MODEL,
    max_tokens: 16,
    messages: [{ role: 'user', content: 'Hi' }],
    ...fields,
  });
}

export function buildContext(parts: RequestParts = {}): { context: RequestContext; writer: RecordingWriter } {
  const writer = new RecordingWriter();
  return { context: new RequestContext(buildRequest(parts), writer, 0), writer };
}

/** A request that has passed all stages before the pick of an account. */
export function buildParsedContext(
  fields: object = {},
  key: KeySnapshot = buildKey(),
  parts: RequestParts = {},
): { context: RequestContext; writer: RecordingWriter } {
  const built = buildContext(parts);
  const body = Buffer.from(buildBody(fields));
  const scan = scanMessagesBody(body);
  const group: GroupSnapshot | undefined = key.groups[0];
  if (!scan.ok || group === undefined) throw new Error('the test asks for a request that cannot be');
  Object.assign(built.context, { key, group, body, scan });
  return built;
}
