import type { TurnOp } from './turn-op.ts';

/** One call of `lua/run-turn.lua` that operations are added to. */
export class TurnCall {
  /** Keys of the operations, in their order. */
  readonly keys: string[] = [];
  readonly args: (string | number)[] = [];
  readonly ops: TurnOp[] = [];
  readonly #registers = new Map<string, number>();

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
    const known = this.#registers.get(register);
    if (known !== undefined) return known;
    this.#registers.set(register, this.#registers.size + 1);
    return this.#registers.size;
  }

  /** The registers that the operations refer to, in the order of their numbers. */
  get registers(): string[] {
    return [...this.#registers.keys()];
  }
}
