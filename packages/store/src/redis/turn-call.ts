import type { TurnOp } from './turn-op.ts';

/** One call of `lua/run-turn.lua` that operations are added to. */
export class TurnCall {
  /** Keys of the operations, in their order. */
  readonly keys: string[] = [];
  readonly args: (string | number)[];
  readonly ops: TurnOp[] = [];
  readonly #registers: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #countAt: number;

  /** `header`: the arguments before those of the operations. */
  constructor(header: readonly (string | number)[]) {
    this.args = [...header, 0];
    this.#countAt = header.length;
  }

  add(op: TurnOp): void {
    op.write(this);
    this.ops.push(op);
  }

  /** The operation that was added before the one that is being written. */
  get before(): TurnOp | null {
    return this.ops.at(-1) ?? null;
  }

  /** The number by which the script knows a register of queues (see keys.ts). */
  numberOf(register: string): number {
    const known = this.#numbers.get(register);
    if (known !== undefined) return known;
    const number = this.#registers.push(register);
    this.#numbers.set(register, number);
    this.args[this.#countAt] = number;
    return number;
  }

  /** The registers that the operations refer to, in the order of their numbers, then the operations' keys. */
  listKeys(): string[] {
    return this.#registers.concat(this.keys);
  }
}
