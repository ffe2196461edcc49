export { dialInSteps, type DialOptions, type DialStep, type DialStepName } from './dial/dial-in-steps.ts';
export { timeStep, type StepLimits, type StepProblem, type TimedStep } from './dial/timed-step.ts';
export {
  fetchGuardedResource,
  type GuardedResource,
  type ResourceLimits,
  type ResourceProblem,
} from './fetch-guarded-resource.ts';
export { type ConnectorOptions, createGuardedConnector } from './guarded-connector.ts';
export {
  createGuardedLookup,
  FORBIDDEN_CODE,
  ForbiddenAddressError,
  type ResolveAll,
} from './guarded-lookup.ts';
export { openGuardedSocket, type SocketOptions } from './guarded-socket.ts';
export { createOutboundPolicy, type OutboundPolicy } from './outbound-policy.ts';
export {
  type GuardedAnswer,
  type GuardedRequest,
  GuardedRequestError,
  sendGuardedRequest,
} from './send-guarded-request.ts';
export type {
  ParsedUpstreamUrl,
  ParsedWholeUrl,
  UpstreamUrl,
  UpstreamUrlProblem,
} from './parse-upstream-url.ts';
