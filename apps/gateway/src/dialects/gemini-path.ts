import { MODEL_LENGTH_MAX, type ScanFailure } from '@tollgate/body';

const CONTROL_CHARACTERS = /\p{Cc}/u;
/** Google's own clients ask for `v1` (since @google/genai 3), `v1beta` or `v1alpha`. */
const CALL = /^\/(?<version>v1|v1beta|v1alpha)\/models\/(?<model>[^]*):(?<method>[A-Za-z]+)$/u;
const METHODS: ReadonlySet<string> = new Set(['generateContent', 'streamGenerateContent', 'countTokens']);

export interface GeminiCall {
  version: string;
  /** As it stands in the path. */
  model: string;
  method: string;
}

/** `/v1beta/models/{model}:{method}` in its parts; null = another path. Other vendors' model names have colons too. */
export function splitGeminiPath(path: string): GeminiCall | null {
  const { version = '', model = '', method = '' } = CALL.exec(path)?.groups ?? {};
  return METHODS.has(method) ? { version, model, method } : null;
}

/** Only Google has these paths. */
export function isGeminiPath(path: string): boolean {
  return path.startsWith('/v1beta/') || path.startsWith('/v1alpha/') || splitGeminiPath(path) !== null;
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
