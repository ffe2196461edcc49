/** Names that the current SDK knows and does not call deprecated. */
const MODELS = [
  ['claude-opus-5-5', 'Claude Opus 5.5'],
  ['claude-sonnet-5-5', 'Claude Sonnet 5.5'],
  ['claude-haiku-5-5', 'Claude Haiku 5.5'],
] as const;

/** `GET /v1/models` in Anthropic's shape, on one page. */
export function buildModelList(): object {
  const data = MODELS.map(([id, display_name]) => ({
    type: 'model',
    id,
    display_name,
    created_at: '2026-09-29T00:00:00Z',
  }));
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
