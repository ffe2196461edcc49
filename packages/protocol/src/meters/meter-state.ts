import type { MeteredUsage } from '@tollgate/core';
import type { ProtocolStreamMeter, StreamError } from './stream-meter.ts';

/** What the meters of all protocols keep in the same way. */
export abstract class MeterState implements ProtocolStreamMeter {
  firstContentAt: number | null = null;
  error: StreamError | null = null;
  isComplete = false;
  isBroken = false;
  outputBytes = 0;
  protected hasStarted = false;

  abstract readonly isFinished: boolean;
  abstract readonly irregular: number;
  abstract push(chunk: Buffer): void;
  abstract end(): void;
  abstract usage(): MeteredUsage | null;

  get hasContent(): boolean {
    return this.firstContentAt !== null;
  }

  /** A stream that is broken stays so: it may not begin late. */
  protected start(): void {
    this.hasStarted ||= !this.isBroken;
  }

  protected noteContent(startAt: number): void {
    if (!this.hasStarted) this.breakUnlessStarted();
    else this.firstContentAt ??= startAt;
  }

  protected breakUnlessStarted(): void {
    this.isBroken ||= !this.hasStarted;
  }
}
