/** Bytes from `start` to before `end` become `text`; equal offsets insert. */
export interface SpliceEdit {
  start: number;
  end: number;
  text: string;
}

/** A copy of `body` with the edits made, which do not overlap; all other bytes stay as they are (API-2). */
export function applyEdits(body: Buffer, edits: readonly SpliceEdit[]): Buffer {
  if (edits.length === 0) return body;
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(body.subarray(from, start), Buffer.from(text));
    from = end;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}
