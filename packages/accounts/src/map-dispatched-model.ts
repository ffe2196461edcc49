import type { GroupSnapshot, Protocol } from '@tollgate/core';

/** Between the words of a name: `claude-opus-4-1`, `anthropic/claude-3.5-sonnet`, `claude-sonnet-4@20250514`. */
const BETWEEN_WORDS = /[^a-z0-9.]+/u;

/**
 * API-4: the model that a group of openai is asked for, in place of the one of Anthropic that a client of Messages
 * names: by the first word of the name that is a family, else the default. All further rules (routing, mapping,
 * prices) go by it, as if the client had asked for it. Names of other vendors stay as they are.
 */
export function mapDispatchedModel(
  { platform, messagesDispatch }: Pick<GroupSnapshot, 'platform' | 'messagesDispatch'>,
  client: Protocol,
  model: string,
): string {
  if (platform !== 'openai' || client !== 'messages') return model;
  const { families, defaultModel } = messagesDispatch;
  const name = model.toLowerCase();
  const isFamily = (word: string) => Object.hasOwn(families, word);
  if (!name.includes('claude') && !isFamily(name)) return model;
  const family = name.split(BETWEEN_WORDS).find(isFamily);
  return (family === undefined ? defaultModel : families[family]) ?? model;
}
