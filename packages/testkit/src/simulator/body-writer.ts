import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Script } from './script.ts';

/** Bytes on their way may be lost with an RST that follows at once: give the client time to read them. */
const BEFORE_RESET_MS = 20;

/** Writes a body as the script wants it: in small pieces, cut off, or properly; waits for slow readers. */
export class BodyWriter {
  readonly #response: ServerResponse;
  readonly #script: Script;
  #written = 0;
  #writes = 0;

  constructor(response: ServerResponse, script: Script) {
    this.#response = response;
    this.#script = script;
  }

  /** The client left, or the script cut the connection. */
  get isOver(): boolean {
    return this.#response.destroyed || this.#response.socket?.destroyed !== false;
  }

  async write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.isOver;) {
      const room = (this.#script.resetAfterBytes ?? Infinity) - this.#written;
      const piece = bytes.subarray(at, Math.min(at + this.#selectSize(bytes.length), at + room));
      await this.#writePiece(piece);
      at += piece.length;
      if (piece.length === room) await this.reset();
    }
  }

  async end(): Promise<void> {
    const { neverClose, wrongContentLength, closeIdle } = this.#script;
    if (this.isOver || neverClose) return;
    const socket = this.#response.socket;
    await new Promise<void>((resolve) => this.#response.end(resolve));
    if (wrongContentLength !== undefined || closeIdle) socket?.end();
  }

  #selectSize(rest: number): number {
    return this.#script.chunkSizes?.[this.#writes] ?? this.#script.chunkBytes ?? rest;
  }

  async #writePiece(piece: Buffer): Promise<void> {
    this.#written += piece.length;
    this.#writes += 1;
    if (piece.length === 0) return;
    // The callback also comes, with an error, when the client is gone.
    await new Promise<void>((resolve) => this.#response.write(piece, () => resolve()));
  }

  async reset(): Promise<void> {
    await sleep(BEFORE_RESET_MS);
    this.#response.socket?.resetAndDestroy();
  }
}
