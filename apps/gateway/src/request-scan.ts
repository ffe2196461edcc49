import type { ByteRange, MessagesScan, ScanFailure } from '@tollgate/body';

/** What the stages know of a request, whatever its protocol. Ranges are offsets into the body. */
export interface RequestScan extends Pick<
  MessagesScan,
  | 'model'
  | 'modelRanges'
  | 'stream'
  | 'maxTokens'
  | 'userId'
  | 'session'
  | 'warmUp'
  | 'binaryBytes'
  | 'binaryBytesCapped'
> {
  /** Chat: every top-level `stream_options`. */
  streamOptions?: readonly ByteRange[];
  /** Gemini: what images are asked for as, e.g. `2K`. */
  imageSize?: string | null;
}

export type RequestScanResult = (RequestScan & { ok: true }) | ScanFailure;
