import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AccountTestStep } from '@tollgate/api/server';
import { timeStep, type StepLimits, type TimedStep } from '@tollgate/outbound';
import { createStreamMeter, readUpstreamError, type ProtocolStreamMeter } from '@tollgate/protocol';
import { describeProblem } from './describe-problem.ts';
import type { TestRequest } from './build-test-request.ts';

const ERROR_BYTES_MAX = 16_384;
const ANSWER_BYTES_MAX = 1_048_576;
const STATUS_OK = 200;

/** What an upstream's answer said against the account, in words for the operator. */
class Refusal extends Error {}

/**
 * Sends the request on a connection that stands, and tells `request` (written), `status`, `first-token` and `usage`
 * with the time that each took. Ends after the first that failed. The socket stays the caller's to destroy.
 */
export async function* exchangeInSteps(
  socket: Socket,
  request: TestRequest,
  authority: string,
  limits: StepLimits,
): AsyncGenerator<AccountTestStep, void, void> {
  const exchange = new Exchange(socket, request, authority);
  const steps = [
    ['request', () => exchange.send()],
    ['status', () => exchange.readHead()],
    ['first-token', () => exchange.readFirstToken()],
    ['usage', () => exchange.readUsage()],
  ] as const;
  for (const [step, work] of steps) {
    const timed = await timeStep(limits, work);
    yield { step, ms: timed.ms, ...describe(timed) };
    if (timed.problem !== null) return;
  }
}

function describe({ problem, value = '' }: TimedStep<string>): Pick<AccountTestStep, 'outcome' | 'detail'> {
  if (problem === null) return { outcome: 'ok', detail: value };
  const { fault } = problem;
  return { outcome: 'failed', detail: fault instanceof Refusal ? fault.message : describeProblem(problem) };
}

class Exchange {
  readonly #request: TestRequest;
  readonly #sending: ClientRequest;
  readonly #answered: Promise<IncomingMessage>;
  readonly #meter: ProtocolStreamMeter;
  #chunks: AsyncIterator<Buffer> | null = null;
  #bytes = 0;

  constructor(socket: Socket, request: TestRequest, authority: string) {
    this.#request = request;
    this.#meter = createStreamMeter(request.protocol);
    this.#sending = requestHttp({
      method: 'POST',
      path: request.path,
      setHost: false,
      headers: { host: authority, ...request.headers, 'content-length': Buffer.byteLength(request.body) },
      createConnection: () => socket,
    });
    // A tunnel is handed over paused, so that no byte is lost; from here on there is a reader.
    this.#sending.once('socket', () => socket.resume());
    this.#answered = new Promise((resolve, reject) => {
      this.#sending.once('response', resolve).once('error', reject);
      // Told by whichever step waits; between two of them nobody does.
      this.#sending.on('error', () => {});
    });
    this.#answered.catch(() => {});
  }

  /** Ends when the whole request has been handed to the system. */
  async send(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#sending.once('finish', resolve).once('error', reject);
      this.#sending.end(this.#request.body);
    });
    return `POST ${this.#request.path.split('?', 1)[0] ?? ''}`;
  }

  async readHead(): Promise<string> {
    const answer = await this.#answered;
    const status = answer.statusCode ?? 0;
    this.#chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    if (status === STATUS_OK) return String(status);
    if (status >= 300 && status < 400) throw new Refusal(`${status}: a redirect, which is never followed`);
    throw new Refusal(`${status}: ${await this.#readError(status)}`);
  }

  async readFirstToken(): Promise<string> {
    while (!this.#meter.hasContent && (await this.#pull())) this.#requireSound();
    this.#requireSound();
    if (!this.#meter.hasContent) throw new Refusal('the answer ended without a token');
    return '';
  }

  async readUsage(): Promise<string> {
    while (!this.#meter.isComplete && (await this.#pull())) this.#requireSound();
    this.#requireSound();
    if (!this.#meter.isComplete) throw new Refusal('the stream was cut before its end');
    const metered = this.#meter.usage();
    if (metered === null) throw new Refusal('the answer tells no usage');
    const { inputTokens, outputTokens } = metered.usage;
    return `${inputTokens} input, ${outputTokens} output tokens`;
  }

  /** False when there is no more. */
  async #pull(): Promise<boolean> {
    const next = await this.#chunks?.next();
    if (next === undefined || next.done === true) {
      this.#meter.end();
      return false;
    }
    this.#bytes += next.value.length;
    if (this.#bytes > ANSWER_BYTES_MAX) throw new Refusal('the answer goes on and on');
    this.#meter.push(next.value);
    return true;
  }

  #requireSound(): void {
    const { error, isBroken } = this.#meter;
    if (error) throw new Refusal(`an error in the stream: ${error.type}: ${error.message}`);
    if (isBroken) throw new Refusal('the answer is no stream of this API: is the base URL right?');
  }

  async #readError(status: number): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (
      let next = await this.#chunks?.next();
      next && next.done !== true;
      next = await this.#chunks?.next()
    ) {
      chunks.push(next.value);
      bytes += next.value.length;
      if (bytes > ERROR_BYTES_MAX) break;
    }
    const report = readUpstreamError(this.#request.protocol, Buffer.concat(chunks), status);
    return report === null
      ? 'no error of this API: is the base URL right?'
      : `${report.type}: ${report.message}`;
  }
}
