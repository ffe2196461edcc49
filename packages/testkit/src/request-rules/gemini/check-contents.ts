import { complain, type Complaint, type RequestRule } from '../complaint.ts';
import type { GeminiBody, GeminiContent } from './gemini-schema.ts';

type Part = GeminiContent['parts'][number];

/** Calls come right after the user, and each is answered in the next content: as many, in the same order. */
export const checkContents: RequestRule<GeminiBody> = ({ contents }, { model }) => {
  let open: Part[] = [];
  for (const [index, content] of contents.entries()) {
    const path = ['contents', index];
    const responses = content.parts.filter(({ functionResponse }) => functionResponse !== undefined);
    const complaint = checkResponses(responses, open, path);
    if (complaint !== null) return complaint;
    open =
      content.role === 'model' ? content.parts.filter(({ functionCall }) => functionCall !== undefined) : [];
    const before = contents[index - 1];
    if (open.length > 0 && (before === undefined || before.role === 'model')) {
      const must =
        'function call turn comes immediately after a user turn or after a function response turn.';
      return complain(path, `Please ensure that ${must}`);
    }
  }
  if (open.length > 0) return complain(['contents'], COUNT);
  return /gemini-(?:[3-9]|\D*latest)/u.test(model) ? checkSignatures(contents) : null;
};

const COUNT =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';

function checkResponses(
  responses: readonly Part[],
  open: readonly Part[],
  path: PropertyKey[],
): Complaint | null {
  if (responses.length !== open.length) return complain(path, COUNT);
  for (const [index, { functionResponse: response }] of responses.entries()) {
    const call = open[index]?.functionCall;
    const isPair = call?.name === response?.name && (call?.id ?? '') === (response?.id ?? '');
    if (!isPair)
      return complain(path, `function response ${index} does not match the function call in its place`);
  }
  return null;
}

/** Gemini 3: the first call of each step since the user last spoke must prove where it comes from. */
function checkSignatures(contents: readonly GeminiContent[]): Complaint | null {
  const start = contents.findLastIndex(
    ({ role, parts }) =>
      role !== 'model' && parts.some(({ functionResponse }) => functionResponse === undefined),
  );
  for (const [index, { role, parts }] of contents.entries()) {
    if (index < start || role !== 'model') continue;
    const first = parts.findIndex(({ functionCall }) => functionCall !== undefined);
    if (first < 0 || parts[first]?.thoughtSignature !== undefined) continue;
    const path = ['contents', index, 'parts', first];
    return complain(path, 'Function call is missing a thought_signature in functionCall parts.');
  }
  return null;
}
