/** Errors are short; what is behind may be the client's own text. */
const TEXT_LENGTH_MAX = 16_384;
/** How vendors say that a request is too long for the model; another model may have more room. */
const TOO_LONG = [
  // Anthropic: "prompt is too long: 208310 tokens > 200000 maximum"
  /prompt is too long/iu,
  // Anthropic: "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"
  /exceeds? (?:the )?context limit/iu,
  // OpenAI: code `context_length_exceeded`; "This model's maximum context length is 8192 tokens"
  /context_length_exceeded/u,
  /maximum context length/iu,
  // OpenAI Responses: "Your input exceeds the context window of this model"
  /exceeds? the context window/iu,
  // Gemini: "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
  /input token count.{0,80}exceeds the maximum/iu,
  // Bedrock, for Claude: "Input is too long for requested model."
  /input is too long for requested model/iu,
] as const;

/**
 * Whether a client's error may be none on another platform (SEL-6, `fallback_group_on_invalid_request`): the
 * request is too long for this model (400) or too large for this upstream (413). `errorBody`: the upstream's, as
 * it came; only the error in it is looked at where it is JSON.
 */
export function isAcceptableElsewhere(status: number, errorBody: string): boolean {
  if (status === 413) return true;
  if (status !== 400) return false;
  const text = selectErrorText(errorBody.slice(0, TEXT_LENGTH_MAX));
  return TOO_LONG.some((pattern) => pattern.test(text));
}

/** Message and code: other fields may repeat the client's own text. A body that is no JSON has only itself. */
function selectErrorText(body: string): string {
  const error = parseError(body);
  if (error === null) return body;
  const { message, code } = error;
  return [message, code].filter((text) => typeof text === 'string').join('\n');
}

function parseError(body: string): { message?: unknown; code?: unknown } | null {
  try {
    const parsed: unknown = JSON.parse(body);
    const whole: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const error: unknown = isObject(whole) && 'error' in whole ? whole['error'] : whole;
    return isObject(error) ? error : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
