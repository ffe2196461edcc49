import type { ChangeWatch, InForce } from './change-watch.ts';

/** The answer's: the number of the change, or `pending` while no node could be told. */
const CHANGE_HEADER = 'x-tollgate-change';
/** The answer's, when it has waited: `<nodes where it is in force>/<nodes>`, and after how many ms on the last. */
const IN_FORCE_HEADER = 'x-tollgate-in-force';
const IN_FORCE_MS_HEADER = 'x-tollgate-in-force-ms';
/** The request's: how long the answer to a change may wait until it is in force. */
export const WAIT_HEADER = 'x-tollgate-wait-ms';
export const WAIT_MS_MAX = 30_000;

/** What one request has changed, for the headers of its answer. */
export class ChangeNotes {
  readonly #watch: ChangeWatch | null;
  readonly #waitMs: number;
  /** The highest covers all. */
  #number: number | null = null;
  #isPending = false;
  #inForce: InForce | null = null;

  /** `waitHeader`: as the client sent it; what is no number waits for nothing. `watch` null = nobody can tell. */
  constructor(watch: ChangeWatch | null, waitHeader: string | undefined) {
    this.#watch = watch;
    this.#waitMs = /^\d{1,6}$/.test(waitHeader ?? '') ? Math.min(Number(waitHeader), WAIT_MS_MAX) : 0;
  }

  /** null = the nodes could not be told yet: the outbox will. */
  note(number: number | null): void {
    if (number === null) {
      this.#isPending = true;
      return;
    }
    this.#watch?.notePublished(number);
    this.#number = Math.max(number, this.#number ?? 0);
  }

  /** Waits where the client asked for it. Never rejects: what has been changed stays changed. */
  async settle(signal: AbortSignal | undefined): Promise<void> {
    const number = this.#number;
    if (!this.#watch || number === null || this.#isPending || this.#waitMs === 0) return;
    const inForce = await this.#watch.wait(number, { waitMs: this.#waitMs, signal }).catch(() => null);
    // Of several changes in one request the last to come into force counts.
    if (number === this.#number) this.#inForce = inForce;
  }

  /** Of the answer; none when nothing was changed that nodes must know. */
  buildHeaders(): Record<string, string> {
    if (this.#isPending) return { [CHANGE_HEADER]: 'pending' };
    if (this.#number === null) return {};
    const headers: Record<string, string> = { [CHANGE_HEADER]: String(this.#number) };
    if (!this.#inForce) return headers;
    const { nodes, afterMs } = this.#inForce;
    const reached = nodes.filter(({ state }) => state === 'in-force').length;
    headers[IN_FORCE_HEADER] = `${reached}/${nodes.length}`;
    if (afterMs !== null) headers[IN_FORCE_MS_HEADER] = String(afterMs);
    return headers;
  }
}
