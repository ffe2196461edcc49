export type { AttemptEnd, AttemptOutcome, AttemptTimings } from './attempt/attempt-end.ts';
export { ATTEMPT_DEFAULTS, type AnswerHead, type AttemptOptions } from './attempt/attempt-options.ts';
export { createDeadlineTicker, type DeadlineTicker, type TickTarget } from './attempt/deadline-ticker.ts';
export { type AttemptRun, forwardAttempt } from './attempt/forward-attempt.ts';
export { createDecodingClient } from './decoding/create-decoding-client.ts';
export { createHttp1Client, type Http1ClientOptions, type SocketGuard } from './http1/http1-client.ts';
export { createRoutingClient, type RoutedClients } from './routing/create-routing-client.ts';
export type { RetryReason } from './attempt/map-upstream-error.ts';
export type {
  StreamGatherer,
  StreamMeter,
  StreamSink,
  UpstreamCall,
  UpstreamClient,
  UpstreamFault,
  UpstreamHandler,
  UpstreamRequest,
} from './port.ts';
export { createUndiciClient, type OutboundGuard, type UndiciClientOptions } from './undici/undici-client.ts';
