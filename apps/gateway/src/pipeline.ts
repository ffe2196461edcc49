import { TollgateError, type Clock, type Logger } from '@tollgate/core';
import { StoreUnavailableError, type Store } from '@tollgate/store';
import type { BodyPool } from '@tollgate/body';
import { countTokens } from './endpoints/count-tokens.ts';
import { getModel, listModels, type ListModelsServices } from './endpoints/list-models.ts';
import { greet, takeTelemetry } from './endpoints/side-traffic.ts';
import { showUsage, type ShowUsageServices } from './endpoints/show-usage.ts';
import type { DecisionQueue } from './decisions/decision-queue.ts';
import { encodeDecision } from './decisions/encode-decision.ts';
import { RequestContext } from './request-context.ts';
import type { EndpointName } from './routes.ts';
import type { ClientRequest, ResponseWriter } from './server/port.ts';
import { admit, type AdmitServices } from './stages/admit.ts';
import { authenticate, type AuthenticateServices } from './stages/authenticate.ts';
import { forward } from './stages/forward.ts';
import type { ForwardServices } from './stages/forward-options.ts';
import { startKeepAlive } from './stages/keep-alive.ts';
import { parse } from './stages/parse.ts';
import { readBody } from './stages/read-body.ts';
import { receive } from './stages/receive.ts';
import { selectGroup } from './stages/select-group.ts';

export interface PipelineServices
  extends AuthenticateServices, AdmitServices, ForwardServices, ListModelsServices, ShowUsageServices {
  bodies: BodyPool;
  bodyBytesMax: number;
  decisions: Pick<DecisionQueue, 'add'>;
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Whether `/ready` says yes. */
  isReady(): boolean;
  isDraining(): boolean;
}

/** One step of REQ-1. null = go on; a promise only where something waits, as each one costs every request. */
type Stage = (
  context: RequestContext,
  services: PipelineServices,
) => TollgateError | null | Promise<TollgateError | null>;

const READ_CALL: readonly Stage[] = [
  authenticate,
  (context, { bodyBytesMax }) => readBody(context, bodyBytesMax),
  (context, { bodies }) => parse(context, bodies),
  startKeepAlive,
  selectGroup,
];
const MODEL_CALL: readonly Stage[] = [
  ...READ_CALL,
  (context, services) => admit(context, services, { slots: true }),
  (context, services) => (context.clientHasLeft ? null : forward(context, services)),
];
const TOKEN_COUNT: readonly Stage[] = [
  ...READ_CALL,
  (context, services) => admit(context, services, { slots: false }),
  (context, services) => (context.clientHasLeft ? null : countTokens(context, services)),
];

/** What comes after `receive`: the last one answers. */
const STAGES: Readonly<Record<EndpointName, readonly Stage[]>> = {
  messages: MODEL_CALL,
  chat: MODEL_CALL,
  responses: MODEL_CALL,
  'generate-content': MODEL_CALL,
  'count-tokens': TOKEN_COUNT,
  'list-models': [authenticate, listModels],
  'get-model': [authenticate, getModel],
  'show-usage': [authenticate, showUsage],
  greet: [greet],
  'take-telemetry': [(context, { bodyBytesMax }) => takeTelemetry(context, bodyBytesMax)],
  health: [sendHealth],
  ready: [sendReady],
};

/**
 * REQ-1, one request from its first byte to its last. Each stage answers null (go on) or the error that ends
 * the request; what it throws is a fault and becomes a 5xx. Whatever happens, its slots come back. Never rejects.
 */
export async function runPipeline(
  request: ClientRequest,
  writer: ResponseWriter,
  services: PipelineServices,
): Promise<void> {
  const context = new RequestContext(request, writer, services.clock.monotonicMs());
  let refusal: TollgateError | null;
  try {
    refusal = receive(context, services.isDraining());
    const stages = selectStages(context);
    for (let at = 0; refusal === null && at < stages.length; at += 1) {
      const passing = stages[at]?.(context, services) ?? null;
      refusal = passing instanceof Promise ? await passing : passing;
    }
  } catch (fault) {
    refusal = explainFault(fault, context, services.logger);
  }
  finish(context, refusal, services);
}

function selectStages({ endpoint }: RequestContext): readonly Stage[] {
  return endpoint === null ? [] : STAGES[endpoint.name];
}

function finish(context: RequestContext, refusal: TollgateError | null, services: PipelineServices): void {
  try {
    if (refusal !== null) context.writer.sendError(refusal);
  } catch (fault) {
    // The answer itself cannot be written: the client must see that it is not whole.
    services.logger.error({ err: fault, requestId: context.request.id }, 'error answer failed');
    context.writer.cut();
  } finally {
    context.stopKeepAlive();
    // Ahead of the slots: who waits for one may also wait for the money.
    context.money.settle(services.store);
    if (context.leases.length > 0) services.store.release(context.leases);
    if (context.reservations.length > 0)
      services.store.correctReservation(context.reservations, context.tokensUsed);
    recordDecision(context, refusal, services);
  }
}

/** OPS-9: after all else, as nothing waits for it. */
function recordDecision(
  context: RequestContext,
  refusal: TollgateError | null,
  { decisions, clock, nodeId }: PipelineServices,
): void {
  const now = { nodeId, nowMs: clock.nowMs(), nowMonotonicMs: clock.monotonicMs() };
  const record = encodeDecision(context, refusal, now);
  if (record !== null) decisions.add(record);
}

function sendHealth(context: RequestContext, { store }: PipelineServices): null {
  return sendState(context, true, store.degraded);
}

function sendReady(context: RequestContext, services: PipelineServices): null {
  const { degraded } = services.store;
  const isReady = services.isReady() && !services.isDraining() && degraded !== 'closed';
  return sendState(context, isReady, degraded);
}

/** LIM-11: a store that is away is no reason to be restarted, so `/health` only tells of it. */
function sendState(context: RequestContext, isGood: boolean, degraded: Store['degraded']): null {
  const store = degraded === null ? 'ok' : 'degraded';
  const body = JSON.stringify({ status: isGood ? 'ok' : 'unavailable', store });
  context.writer.send(isGood ? 200 : 503, { 'content-type': 'application/json' }, body);
  return null;
}

function explainFault(fault: unknown, context: RequestContext, logger: Logger): TollgateError {
  const refusal = mapFault(fault);
  const detail = { err: fault, requestId: context.request.id, code: refusal.code };
  if (refusal.status >= 500) logger.error(detail, 'request failed');
  return refusal;
}

function mapFault(fault: unknown): TollgateError {
  if (fault instanceof TollgateError) return fault;
  if (fault instanceof StoreUnavailableError)
    return new TollgateError('unavailable', { cause: fault, retryAfterMs: 1_000 });
  return new TollgateError('internal', { cause: fault });
}
