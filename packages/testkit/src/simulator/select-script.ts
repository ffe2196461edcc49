import type { IncomingHttpHeaders } from 'node:http';
import { parseScript, type Script } from './script.ts';
import type { RecordedRequest } from './recorded-request.ts';

export type ScriptSource = (request: RecordedRequest) => Script | null;

/** Chooses each request's script, and counts how often each one was used (`failTimes`). */
export class ScriptSelector {
  source: ScriptSource | null = null;
  readonly #uses = new Map<string, number>();

  /** The first of: `setScript`, header `x-sim`, `metadata.user_id`, API key; behaving well otherwise. */
  select(request: RecordedRequest): Script {
    const script =
      this.source?.(request) ??
      parseScript(readHeader(request.headers['x-sim'])) ??
      parseScript(readUserId(request.json)) ??
      parseScript(readApiKey(request.headers)) ??
      {};
    return script.failTimes === undefined || this.#countUse(script) <= script.failTimes ? script : {};
  }

  /** Forgets the uses, so that `failTimes` counts anew. */
  reset(): void {
    this.#uses.clear();
  }

  #countUse(script: Script): number {
    const name = JSON.stringify(script);
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    return uses;
  }
}

/** `x-api-key` wins over `Authorization: Bearer`, as it does at the provider; Google's header is its own. */
export function readApiKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  return readHeader(headers['x-api-key']) ?? bearer ?? readHeader(headers['x-goog-api-key']);
}

function readHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function readUserId(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('metadata' in json)) return undefined;
  const metadata = json.metadata;
  if (typeof metadata !== 'object' || metadata === null || !('user_id' in metadata)) return undefined;
  return typeof metadata.user_id === 'string' ? metadata.user_id : undefined;
}
