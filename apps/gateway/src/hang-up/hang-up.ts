import type { GroupSnapshot } from '@tollgate/core';
import type { AttemptEnd, AttemptRun } from '@tollgate/forward';
import { estimateOutputTokens, type ProtocolStreamMeter } from '@tollgate/protocol';
import type { ClientListener } from '../request-context.ts';
import type { Drain, RunningDrains } from './running-drains.ts';

type HangUpPolicy = Pick<GroupSnapshot, 'hangUp' | 'drainMs' | 'drainTokens'>;
type OutputMeter = Pick<ProtocolStreamMeter, 'outputBytes' | 'isFinished'>;

/** How the client of one attempt went, and what becomes of the upstream then: MON-7, by the group's policy. */
export class HangUp implements ClientListener {
  readonly #policy: HangUpPolicy;
  readonly #meter: OutputMeter;
  readonly #drains: RunningDrains;
  #run: AttemptRun | null = null;
  #drain: Drain | null = null;
  #isSent = false;
  /** It left by itself, after the request went out: then it pays for what it has caused. */
  #isOwn = false;
  /** Bytes of output that had come when the client left; null = it has not. */
  bytesSeen: number | null = null;

  constructor(policy: HangUpPolicy, meter: OutputMeter, drains: RunningDrains) {
    this.#policy = policy;
    this.#meter = meter;
    this.#drains = drains;
  }

  /** What is to be cut, or read on. */
  watch(run: AttemptRun): void {
    this.#run = run;
  }

  /** From now on the client pays for what it has caused. */
  markSent(): void {
    this.#isSent = true;
  }

  /** The client has gone. What is whole already has told its usage. */
  clientLeft(): void {
    const run = this.#run;
    if (run === null) throw new Error('nobody is watched for a client that leaves');
    const { hangUp, drainMs, drainTokens } = this.#policy;
    this.bytesSeen = this.#meter.outputBytes;
    this.#isOwn = this.#isSent && !this.#drains.isStopped;
    if (hangUp === 'abort' || !this.#isOwn || this.#meter.isFinished) return run.clientLeft();
    const bounds = { ms: drainMs, tokens: drainTokens };
    const countTokens = () => estimateOutputTokens(this.#meter.outputBytes);
    this.#drain = this.#drains.start(run, bounds, countTokens);
  }

  /** The attempt is over. */
  stop(): void {
    this.#drain?.stop();
  }

  /**
   * Whether there is something to pay for. A good head says that the upstream works on it. That of a plain answer
   * comes only with the whole of it, so its silence says nothing: it counts as taken on from the moment it was sent.
   * A client that we have cut off at a stop pays only for what it had.
   */
  isPayable(
    { status }: Extract<AttemptEnd, { kind: 'client-left' }>,
    { isStream, hadContent }: { isStream: boolean; hadContent: boolean },
  ): boolean {
    if (!this.#isOwn) return hadContent;
    return status === 0 ? !isStream : status < 300;
  }
}
