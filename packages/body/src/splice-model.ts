import type { ByteRange } from './scan-object-fields.ts';

/**
 * A copy of `body` with every range replaced by `newModel` as a JSON string; all other bytes stay as they are.
 * `ranges`: ascending, apart from each other. All of a repeated `model` must be replaced: we read the last
 * one, an upstream may read the first.
 */
export function spliceModel(body: Buffer, ranges: readonly ByteRange[], newModel: string): Buffer {
  const token = Buffer.from(JSON.stringify(newModel));
  let size = body.length;
  for (const range of ranges) size += token.length - (range.end - range.start);
  const spliced = Buffer.allocUnsafe(size);
  let from = 0;
  let to = 0;
  for (const range of ranges) {
    to += body.copy(spliced, to, from, range.start);
    to += token.copy(spliced, to);
    from = range.end;
  }
  body.copy(spliced, to, from);
  return spliced;
}

/** True when the body cannot go to the upstream as it came: another name, or a repeated `model`. */
export function isModelSpliceNeeded(
  scan: { model: string; modelRanges: readonly ByteRange[] },
  upstreamModel: string,
): boolean {
  return scan.model !== upstreamModel || scan.modelRanges.length > 1;
}
