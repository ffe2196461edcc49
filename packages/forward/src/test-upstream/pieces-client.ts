import type { UpstreamClient, UpstreamHandler } from '../port.ts';

export interface PiecesAnswer {
  status: number;
  /** The content type. */
  type: string;
  ending: 'end' | 'reset';
}

/** An upstream in memory that says the same bytes in given pieces, then ends or breaks. */
export class PiecesClient implements UpstreamClient {
  readonly #answer: PiecesAnswer;
  readonly #pieces: Buffer[];
  aborts = 0;
  /** Called before each piece. */
  onPiece: ((index: number) => void) | null = null;

  constructor(answer: PiecesAnswer, pieces: Buffer[]) {
    this.#answer = answer;
    this.#pieces = pieces;
  }

  send(_request: object, handler: UpstreamHandler) {
    let isOver = false;
    setImmediate(() => {
      const { status, type, ending } = this.#answer;
      handler.onHeaders(status, { 'content-type': type });
      for (const [index, piece] of this.#pieces.entries()) {
        if (isOver) return;
        this.onPiece?.(index);
        // The port lets a client reuse its buffer: what is kept must be a copy.
        const reused = Buffer.from(piece);
        handler.onData(reused);
        reused.fill(0);
      }
      if (isOver) return;
      if (ending === 'end') handler.onEnd();
      else handler.onError({ kind: 'reset', detail: 'cut', isStaleSocket: false });
    });
    return {
      pause() {},
      resume() {},
      abort: () => {
        this.aborts += 1;
        isOver = true;
      },
    };
  }

  async close(): Promise<void> {}
}
