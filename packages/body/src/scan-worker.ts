import { move, transferableSymbol, valueSymbol } from 'piscina';
import { scanMessagesBody } from './scan-messages-body.ts';
import type { ScannedBytes } from './body-pool.ts';

/** Runs in a worker thread. The bytes were handed over, and are handed back with the result. */
export default function scanInWorker(bytes: Uint8Array<ArrayBuffer>): object {
  const result = scanMessagesBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const answer: ScannedBytes = { result, bytes };
  // move() must be the outermost: inside the answer it would be cloned, and the transfer lost.
  return move({
    get [transferableSymbol]() {
      return bytes.buffer;
    },
    get [valueSymbol]() {
      return answer;
    },
  });
}
