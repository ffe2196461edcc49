import type { Turn } from './conversation-request.ts';

/**
 * Models with budgets refuse a tool loop whose assistant turn does not begin with its signed thinking, which a
 * history from another protocol never has.
 */
export function endsInToolLoop(turns: readonly Turn[]): boolean {
  const answered = turns.findLastIndex(({ role }) => role === 'assistant');
  // What the user says behind the results becomes part of the same message.
  return turns.slice(answered + 1).some(({ blocks }) => blocks.some(({ type }) => type === 'tool-result'));
}
