import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { ScannedBytes } from './body-pool.ts';
import { ownBytes } from './own-bytes.ts';
import type { RequestTranslation, RequestTranslationOptions } from '@tollgate/translate';
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

/**
 * API-3: both bodies travel back, as another account may be asked in another protocol. The translators are loaded when
 * they are first needed: a worker that starts again after a fault must be there at once.
 */
export async function translate(task: { bytes: Bytes; options: RequestTranslationOptions }): Promise<object> {
  const { translateRequest } = await import('@tollgate/translate');
  const { bytes } = task;
  const result = translateRequest(view(bytes), task.options);
  if (!result.ok) return moveBack<RequestTranslation>({ result, bytes });
  const body = ownBytes(result.body);
  return moveBack<RequestTranslation>({ result: { ...result, body }, bytes }, body.buffer);
}

function view(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function moveBack<Result>(answer: ScannedBytes<Result>, ...others: ArrayBuffer[]): object {
  // move() must be the outermost: inside the answer it would be cloned, and the transfer lost.
  return move({
    get [transferableSymbol]() {
      return [answer.bytes.buffer, ...others];
    },
    get [valueSymbol]() {
      return answer;
    },
  });
}
