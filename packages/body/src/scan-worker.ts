import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { ScannedBytes } from './body-pool.ts';
import { scanMessagesBody } from './scan-messages-body.ts';
import { scanProtocolBody, type ProtocolScanResult } from './scan-protocol-body.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Runs in a worker thread. The bytes were handed over, and are handed back with the result. */
export default function scanInWorker(bytes: Bytes): object {
  return moveBack({ result: scanMessagesBody(view(bytes)), bytes });
}

/** The others by their protocol: the pool names the function. */
export function chat(bytes: Bytes): object {
  return moveBack<ProtocolScanResult>({ result: scanProtocolBody('chat', view(bytes)), bytes });
}

export function responses(bytes: Bytes): object {
  return moveBack<ProtocolScanResult>({ result: scanProtocolBody('responses', view(bytes)), bytes });
}

export function gemini(bytes: Bytes): object {
  return moveBack<ProtocolScanResult>({ result: scanProtocolBody('gemini', view(bytes)), bytes });
}

function view(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function moveBack<Result>(answer: ScannedBytes<Result>): object {
  // move() must be the outermost: inside the answer it would be cloned, and the transfer lost.
  return move({
    get [transferableSymbol]() {
      return answer.bytes.buffer;
    },
    get [valueSymbol]() {
      return answer;
    },
  });
}
