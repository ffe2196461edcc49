import type { DecisionText } from './decision-text.ts';

/** Records that are written together, with the pools that they name: whole by itself, so it may be sent again. */
export class DecisionBatch {
  /** One record each, see `encodeDecisionRecord`. */
  readonly lines: string[] = [];
  /** Texts by id. */
  readonly pools = new Map<string, string>();
  /** Of all texts. */
  characters = 0;

  /** Gives the characters that it takes. */
  add({ line, rounds }: DecisionText): number {
    const before = this.characters;
    this.lines.push(line);
    this.characters += line.length;
    for (const { pool } of rounds) this.#keep(pool.id, pool.text);
    return this.characters - before;
  }

  #keep(id: string, text: string): void {
    if (this.pools.has(id)) return;
    this.pools.set(id, text);
    this.characters += text.length;
  }
}

/** Where decision records go. They are no money: what cannot be written in time is dropped, and counted. */
export interface DecisionSink {
  /** A record that is known already is kept as it is. Rejects when nothing was written. */
  write(batch: DecisionBatch): Promise<void>;
}
