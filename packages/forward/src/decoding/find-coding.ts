import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Transform } from 'node:stream';

export interface Coding {
  create(): Transform;
  /** Whether an answer in this coding can begin so. Brotli has no mark of its own. */
  canBeginWith(chunk: Buffer): boolean;
}

/** RFC 9110 §8.4.1, RFC 8878 (zstd). */
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', { create: createGunzip, canBeginWith: (chunk: Buffer) => chunk[0] === 0x1f }],
  ['x-gzip', { create: createGunzip, canBeginWith: (chunk: Buffer) => chunk[0] === 0x1f }],
  ['deflate', { create: createInflate, canBeginWith: (chunk: Buffer) => ((chunk[0] ?? 0) & 0x0f) === 8 }],
  ['zstd', { create: createZstdDecompress, canBeginWith: (chunk: Buffer) => chunk[0] === 0x28 }],
  ['br', { create: createBrotliDecompress, canBeginWith: () => true }],
]);

/** null = nothing to undo, or a coding that nobody here can undo (the answer keeps its header then). */
export function findCoding(headers: Readonly<Record<string, string>>): Coding | null {
  const coding = headers['content-encoding'];
  return coding === undefined ? null : (CODINGS.get(coding.trim().toLowerCase()) ?? null);
}
