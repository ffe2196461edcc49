import { buildMessageJson, buildMessagesAnswer } from './messages-answer.ts';
import { buildMessagesEvents } from './messages-events.ts';

const REQUEST = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1024,
  plainText: '',
  cachedText: '',
  lastUserText: '',
  forcedTool: null,
};
const ANSWER = buildMessagesAnswer({ ...REQUEST, stream: true }, {}, 0);

/** The bodies of `script.fast` and of the bench server: always the same bytes. */
export const PREPARED_JSON: Buffer = Buffer.from(JSON.stringify(buildMessageJson(ANSWER)));
export const PREPARED_STREAM: Buffer = Buffer.concat(buildMessagesEvents(ANSWER, {}));
