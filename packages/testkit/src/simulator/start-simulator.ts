import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerRequest } from './answer-request.ts';
import { buildErrorBody } from './error-body.ts';
import { PREPARED_JSON, PREPARED_STREAM } from './prepared-answers.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { judgeRequest } from './judge-request.ts';
import { ScriptSelector, type ScriptSource } from './select-script.ts';

export interface SimulatorOptions {
  /** 0 = any free port. Loopback only. */
  port?: number;
  /** PEM; serves https. */
  tls?: { key: string; cert: string };
  /** How many requests `requests` keeps, the newest; 1,000. */
  recordMax?: number;
  /** Answers 400 to what the provider itself would refuse, before any script is asked. Default false: it reads loosely. */
  isStrict?: boolean;
}

export interface Simulator {
  /** Without a trailing slash. */
  url: string;
  port: number;
  requests: RecordedRequest[];
  /** What a strict one has refused, in the provider's words; `reset` keeps them. */
  refusals: string[];
  /** Requests that are being answered now. */
  readonly openRequests: number;
  /** Decides for each request before any other way of scripting does; null in the answer leaves it to them. */
  setScript(source: ScriptSource | null): void;
  /** Forgets recorded requests, the script source, and the uses of `failTimes`. */
  reset(): void;
  /** Cuts every connection. */
  stop(): Promise<void>;
}

const RECORD_MAX = 1_000;
/** Of bodies: a soak test with large ones must not fill the memory. */
const RECORDED_BYTES_MAX = 64 * 1024 * 1024;
/** Longer than any pool keeps an idle socket, so that only `closeIdle` closes one. */
const KEEP_ALIVE_MS = 300_000;

/** An upstream that speaks Messages, Chat Completions, Responses and generateContent, well or badly. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const scripts = new ScriptSelector();
  const requests: RecordedRequest[] = [];
  const refusals: string[] = [];
  const refuses = (request: RecordedRequest): object | null => {
    const verdict = options.isStrict === true ? judgeRequest(request) : null;
    if (verdict !== null) refusals.push(`${request.path}: ${verdict.message}`);
    return verdict?.body ?? null;
  };
  const recordMax = options.recordMax ?? RECORD_MAX;
  let count = 0;
  let openRequests = 0;
  let recordedBytes = 0;
  const server = createHttpServer(options.tls, (incoming, response) => {
    count += 1;
    openRequests += 1;
    response.once('close', () => (openRequests -= 1));
    void serve(incoming, response, scripts, count, (request) => {
      requests.push(request);
      recordedBytes += request.body.length;
      while (requests.length > 1 && (requests.length > recordMax || recordedBytes > RECORDED_BYTES_MAX)) {
        recordedBytes -= requests.shift()?.body.length ?? 0;
      }
      return refuses(request);
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    refusals,
    get openRequests() {
      return openRequests;
    },
    setScript(source) {
      scripts.source = source;
    },
    reset() {
      requests.length = 0;
      recordedBytes = 0;
      scripts.source = null;
      scripts.reset();
    },
    stop: () => stopServer(server),
  };
}

function createHttpServer(tls: SimulatorOptions['tls'], listener: RequestListener): Server {
  const settings = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, noDelay: true };
  return tls ? createTlsServer({ ...settings, ...tls }, listener) : createServer(settings, listener);
}

async function stopServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  scripts: ScriptSelector,
  number: number,
  /** The body of a 400, or null. */
  record: (request: RecordedRequest) => object | null,
): Promise<void> {
  // A socket that breaks under a scripted answer is expected, not news.
  response.on('error', () => {});
  try {
    const request = await readRequest(incoming);
    const refusal = record(request);
    response.once('close', () => {
      request.wasAborted = !response.writableFinished;
    });
    const script = refusal === null ? scripts.select(request) : { status: 400, body: refusal };
    if (script.fast) writePrepared(response, isStream(request.json));
    else await answerRequest(request, response, script, number);
  } catch (error) {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const body = buildErrorBody(500, `simulator: ${String(error)}`, 'req_sim_fault');
    response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

function writePrepared(response: ServerResponse, stream: boolean): void {
  const body = stream ? PREPARED_STREAM : PREPARED_JSON;
  const contentType = stream ? 'text/event-stream; charset=utf-8' : 'application/json';
  response.writeHead(200, { 'content-type': contentType, 'content-length': body.length }).end(body);
}

async function readRequest(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body,
    remotePort: incoming.socket.remotePort ?? 0,
    json: parseJson(body),
    wasAborted: false,
  };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function isStream(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'stream' in json && json.stream === true;
}
