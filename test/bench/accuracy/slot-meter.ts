/**
 * What the upstream sees of one holder of slots (a user or an account): how many requests run at once, and how
 * long a freed slot lies idle while all others are taken.
 */
export class SlotMeter {
  /** Highest number of requests at once. */
  inFlightMax = 0;
  started = 0;
  /** From the end of an answer on the full holder to the arrival of the request that follows it, ms. */
  readonly gapsMs: number[] = [];
  readonly #slots: number;
  #inFlight = 0;
  /** Ends that no arrival has followed yet, oldest first. */
  readonly #endedAtMs: number[] = [];

  constructor(slots: number) {
    this.#slots = slots;
  }

  start(nowMs: number): void {
    this.started += 1;
    this.#inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.#inFlight);
    const endedAtMs = this.#endedAtMs.shift();
    if (endedAtMs !== undefined) this.gapsMs.push(nowMs - endedAtMs);
  }

  /** To be called before the last bytes are sent: the gateway cannot have freed the slot earlier. */
  end(nowMs: number): void {
    // A slot whose next request is still on its way counts as taken.
    if (this.#inFlight + this.#endedAtMs.length >= this.#slots) this.#endedAtMs.push(nowMs);
    this.#inFlight -= 1;
  }
}
