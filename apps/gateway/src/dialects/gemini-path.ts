import { MODEL_LENGTH_MAX, type ScanFailure } from '@tollgate/body';

export const GEMINI_MODELS_PREFIX = '/v1beta/models/';
const CONTROL_CHARACTERS = /\p{Cc}/u;

/** `/v1beta/models/{model}:{method}` in its parts, as they stand in the path; null = it has no method. */
export function splitGeminiPath(path: string): { model: string; method: string } | null {
  if (!path.startsWith(GEMINI_MODELS_PREFIX)) return null;
  const colon = path.lastIndexOf(':');
  if (colon < GEMINI_MODELS_PREFIX.length) return null;
  return { model: path.slice(GEMINI_MODELS_PREFIX.length, colon), method: path.slice(colon + 1) };
}

/** REQ-4: the model that the path names, decoded; the rules are those for a model in a body. */
export function parsePathModel(path: string): string | ScanFailure {
  const model = decodePart(splitGeminiPath(path)?.model ?? '');
  if (model === null) return refuse('must be well-formed percent-encoded UTF-8.');
  if (model === '') return refuse('must not be empty.');
  if (model.length > MODEL_LENGTH_MAX) return refuse(`must have at most ${MODEL_LENGTH_MAX} characters.`);
  return CONTROL_CHARACTERS.test(model) ? refuse('must not hold control characters.') : model;
}

function decodePart(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function refuse(rule: string): ScanFailure {
  return { ok: false, param: 'model', message: `model: ${rule}` };
}
