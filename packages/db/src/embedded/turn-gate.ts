/** Lets one holder in at a time, first come, first served. */
export class TurnGate<Holder extends object> {
  #holder: Holder | null = null;
  readonly #waiting: { holder: Holder; admit: () => void }[] = [];

  isHeldBy(holder: Holder): boolean {
    return this.#holder === holder;
  }

  /** Resolves when `holder` has the turn; at once if it has it already. */
  async acquire(holder: Holder): Promise<void> {
    if (this.#holder === holder) return;
    if (this.#holder === null) {
      this.#holder = holder;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push({ holder, admit: resolve }));
  }

  /** Gives the turn to the next in the queue. Does nothing for who does not have it. */
  release(holder: Holder): void {
    if (this.#holder !== holder) return;
    const next = this.#waiting.shift();
    this.#holder = next?.holder ?? null;
    next?.admit();
  }
}
