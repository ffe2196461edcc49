import type { TurnOp, TurnWriter } from './turn-op.ts';

/** One call of `lua/run-turn.lua` that operations are added to. */
export class TurnCall implements TurnWriter {
  /** Keys of the operations, in their order. */
  readonly keys: string[] = [];
  readonly args: (string | number)[];
  readonly ops: TurnOp[] = [];
  /** Those of them that the script gives a result for, in the order of the results. */
  readonly answering: TurnOp[] = [];
  readonly #isPacked: boolean;
  /** The packed arguments have the first place. */
  readonly #texts = [''];
  readonly #registers: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #countAt: number;

  /**
   * `header`: the arguments before those of the operations. `isPacked`: keys and arguments go as one, on a single Redis.
   */
  constructor(header: readonly (string | number)[], isPacked: boolean) {
    this.#isPacked = isPacked;
    this.args = [...header, 0];
    this.#countAt = header.length;
  }

  add(op: TurnOp): void {
    op.write(this);
    this.ops.push(op);
    if (op.answers) this.answering.push(op);
  }

  /** A text of others' making: in JSON each of its quotes and tabs would be escaped here, and read one by one there. */
  addText(text: string): void {
    if (this.#isPacked) this.#texts.push(text);
    else this.args.push(text);
  }

  get before(): TurnOp | null {
    return this.ops.at(-1) ?? null;
  }

  numberOf(register: string): number {
    const known = this.#numbers.get(register);
    if (known !== undefined) return known;
    const number = this.#registers.push(register);
    this.#numbers.set(register, number);
    this.args[this.#countAt] = number;
    return number;
  }

  /** What `lua/run-turn.lua` is called with. */
  list(): { keys: readonly string[]; args: readonly (string | number)[] } {
    // The registers that the operations refer to, in the order of their numbers, then the operations' keys.
    const keys = this.#registers.concat(this.keys);
    if (!this.#isPacked) return { keys, args: this.args };
    this.#texts[0] = JSON.stringify([keys, this.args]);
    return { keys: NO_KEYS, args: this.#texts };
  }
}

const NO_KEYS: readonly string[] = [];
