import type { SpliceEdit } from '../json/apply-edits.ts';
import { listMembers } from '../json/list-members.ts';

const OPEN_BRACE = 123;

export interface UsageEdits {
  /** To make in the body before it goes upstream; none when the client has asked itself. */
  edits: SpliceEdit[];
  /** The client did not ask: the extra chunk is to be kept from it (`createUsageChunkFilter`). */
  hidesUsage: boolean;
}

/**
 * [MON-8] What makes a streamed Chat Completions request report its usage: `stream_options.include_usage` set where
 * the client did not. `body`: one JSON object, known to be good; `streamOptions`: every top-level `stream_options` in
 * it, as offsets. A value of a wrong type is left for the upstream to refuse. Not for requests without `stream`: there
 * OpenAI refuses the field.
 */
export function buildUsageEdits(
  body: Buffer,
  streamOptions: readonly { start: number; end: number }[],
): UsageEdits {
  if (streamOptions.length === 0) {
    const at = body.indexOf(OPEN_BRACE) + 1;
    const edit = { start: at, end: at, text: '"stream_options":{"include_usage":true},' };
    return { edits: [edit], hidesUsage: true };
  }
  // We read the last of repeated keys, an upstream may read the first: all are to say the same.
  const changes = streamOptions.map((range) => buildOptionsEdits(body, range));
  if (changes.includes(null)) return { edits: [], hidesUsage: false };
  const edits = changes.flatMap((change) => change ?? []);
  return { edits, hidesUsage: (changes.at(-1)?.length ?? 0) > 0 };
}

/** null = of a type that the upstream has to refuse. */
function buildOptionsEdits(
  body: Buffer,
  { start, end }: { start: number; end: number },
): SpliceEdit[] | null {
  if (readToken(body, start, end) === 'null') return [{ start, end, text: '{"include_usage":true}' }];
  const members = body[start] === OPEN_BRACE ? listOptions(body, start, end) : null;
  if (members === null) return null;
  const flags = members.filter(({ key }) => key === 'include_usage');
  if (flags.length === 0) {
    const text = members.length === 0 ? '"include_usage":true' : '"include_usage":true,';
    return [{ start: start + 1, end: start + 1, text }];
  }
  const values = flags.map((flag) => readToken(body, flag.start, flag.end));
  if (!values.every((value) => value === 'true' || value === 'false' || value === 'null')) return null;
  return flags
    .filter((_flag, index) => values[index] !== 'true')
    .map((flag) => ({ start: flag.start, end: flag.end, text: 'true' }));
}

function listOptions(
  body: Buffer,
  start: number,
  end: number,
): { key: string; start: number; end: number }[] | null {
  const members = listMembers(body.toString('latin1', start, end));
  return members && members.map((at) => ({ key: at.key, start: start + at.start, end: start + at.end }));
}

function readToken(body: Buffer, start: number, end: number): string {
  return end - start > 8 ? '' : body.toString('latin1', start, end);
}
