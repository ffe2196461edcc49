import { z } from 'zod';

const tokens = z.number();
/** USD, shortest exact decimal. */
const cost = z.string();

/** One attempt. Names are those of the export; a deleted object shows its id. */
export const usageRowSchema = z.object({
  request_id: z.string(),
  attempt_id: z.string(),
  at: z.string(),
  user: z.string(),
  key: z.string(),
  group: z.string(),
  account: z.string(),
  protocol: z.string(),
  model: z.string(),
  upstream_model: z.string(),
  stream: z.boolean(),
  status: z.number(),
  state: z.enum(['settled', 'estimated', 'failed', 'unknown']),
  input_tokens: tokens,
  cache_read_tokens: tokens,
  cache_write_5m_tokens: tokens,
  cache_write_1h_tokens: tokens,
  output_tokens: tokens,
  reasoning_tokens: tokens,
  standard_cost_usd: cost,
  actual_cost_usd: cost,
  duration_ms: z.number(),
  first_token_ms: z.number().nullable(),
  error_code: z.string().nullable(),
  upstream_request_id: z.string().nullable(),
  price_version: z.string().nullable(),
  rate_multiplier: z.string(),
});
