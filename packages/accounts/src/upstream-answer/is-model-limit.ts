import type { HeaderRecord } from '@tollgate/protocol';

const CLAIM = 'anthropic-ratelimit-unified-representative-claim';
/** `seven_day_opus` and its like are about one family of models; these are not. */
const WHOLE_CLAIMS =
  /^(?:five_hour|seven_day|seven_day_oauth_apps|seven_day_overage.{0,40}|overage.{0,40})$/u;
/**
 * How vendors name the model that a limit is about: `…PerModel…` and `"model": "x"` (Google), `model: x)`
 * (Anthropic), `Rate limit reached for gpt-4o in organization` (OpenAI), ``for model `x` in`` (Groq).
 */
const NAMED_MODEL = [
  /PerModel/u,
  /\bmodel\\*"?\s*:\s*\\*"?(?!null\b)[\w./@-]/iu,
  /rate limit reached for (?!requests\b|tokens\b)(?:model )?[`'"]?[\w./:@-]{1,200}[`'"]?(?: \([^)]{0,200}\))? (?:in|on) /iu,
] as const;

/** True when a 429 is about the asked model alone: the account may go on serving other models. */
export function isModelLimit(headers: HeaderRecord, bodyHead: string): boolean {
  const claim = headers[CLAIM];
  if (claim !== undefined) return claim.startsWith('seven_day_') && !WHOLE_CLAIMS.test(claim);
  return NAMED_MODEL.some((pattern) => pattern.test(bodyHead));
}
