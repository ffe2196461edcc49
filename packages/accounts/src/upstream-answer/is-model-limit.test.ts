import { describe, expect, it } from 'vitest';
import { isModelLimit } from './is-model-limit.ts';

const CLAIM = 'anthropic-ratelimit-unified-representative-claim';

describe('[ACC-3] isModelLimit', () => {
  it.each(['seven_day_opus', 'seven_day_sonnet'])('a subscription’s claim %s is about a model', (claim) => {
    expect(isModelLimit({ [CLAIM]: claim }, '')).toBe(true);
  });

  it.each(['five_hour', 'seven_day', 'seven_day_oauth_apps', 'seven_day_overage_included', 'overage', ''])(
    'the claim %j is about the account, whatever the text names',
    (claim) => expect(isModelLimit({ [CLAIM]: claim }, 'model: claude-opus')).toBe(false),
  );

  it.each([
    'rate limit of 20,000,000 prompt bytes per hour (org: 5576611f, model: claude-sonnet-4-5-20250929).',
    '{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}',
    '{"quotaDimensions":{"location":"global","model": "gemini-2.5-pro"}}',
    'Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-2.5-pro',
    'Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000',
    'Rate limit reached for gpt-4 (for limit gpt-4-turbo) in organization org-x on requests per min.',
    'Rate limit reached for model `llama3-70b-8192` in organization `org_x` service tier `on_demand`',
  ])('the text names a model: %s', (body) => expect(isModelLimit({}, body)).toBe(true));

  it.each([
    '',
    'This request would exceed your account’s rate limit. Please try again later.',
    'Rate limit reached for requests in organization org-x on requests per min',
    'Resource has been exhausted (e.g. check quota).',
    '{"error":{"type":"usage_limit_reached","model":null}}',
    'Please use another model.',
  ])('the text names none: %s', (body) => expect(isModelLimit({}, body)).toBe(false));
});
