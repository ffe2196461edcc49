import { checkChatRequest } from './chat/check-chat.ts';
import type { Complaint, RuleContext } from './complaint.ts';
import { checkGeminiRequest } from './gemini/check-gemini.ts';
import { checkMessagesRequest } from './messages/check-messages.ts';
import { checkResponsesRequest } from './responses/check-responses.ts';

export type RuledProtocol = 'messages' | 'chat' | 'responses' | 'gemini';

const CHECKS = {
  messages: checkMessagesRequest,
  chat: checkChatRequest,
  responses: checkResponsesRequest,
  gemini: checkGeminiRequest,
} as const;

/**
 * What the provider itself would answer 400 with, in its words; null = it takes the request. The rules are those of the
 * vendors' references and of errors that they are known to answer, kept apart from the translators on purpose.
 */
export function findRequestFault(
  protocol: RuledProtocol,
  body: unknown,
  context: Partial<RuleContext> & Pick<RuleContext, 'model'>,
): string | null {
  const complaint = CHECKS[protocol](body, { isStream: false, headers: {}, ...context });
  return complaint === null ? null : WORDS[protocol](complaint);
}

const WORDS: Readonly<Record<RuledProtocol, (complaint: Complaint) => string>> = {
  messages: ({ path, message, unknownField }) => {
    const place = [...path, ...(unknownField === null ? [] : [unknownField])].join('.');
    return `${place === '' ? '' : `${place}: `}${unknownField === null ? message : 'Extra inputs are not permitted'}`;
  },
  chat: describeOpenAi,
  responses: describeOpenAi,
  gemini: ({ path, message, unknownField }) => {
    const place = writePlace(path);
    if (unknownField === null) return `Invalid value at '${place}': ${message}`;
    return `Invalid JSON payload received. Unknown name "${unknownField}" at '${place}': Cannot find field.`;
  },
};

function describeOpenAi({ path, message, unknownField }: Complaint): string {
  if (unknownField === null) return path.length === 0 ? message : `Invalid '${writePlace(path)}': ${message}`;
  return `Unknown parameter: '${writePlace([...path, unknownField])}'.`;
}

function writePlace(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}
