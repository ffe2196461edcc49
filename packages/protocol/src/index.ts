export { SseTap, type SseTapHandler } from './sse/sse-tap.ts';
export { createMessagesStreamMeter, type MessagesStreamMeter } from './messages/stream-meter.ts';
export { readMessagesJsonUsage, type MessagesJsonUsage } from './messages/json-usage.ts';
export {
  mapErrorTypeToStatus,
  readMessagesError,
  type MessagesUpstreamError,
} from './messages/upstream-error.ts';
