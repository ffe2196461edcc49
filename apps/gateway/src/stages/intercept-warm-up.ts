import { setTimeout as sleep } from 'node:timers/promises';
import { TollgateError } from '@tollgate/core';
import { buildWarmUpMessage, listWarmUpEvents, WARM_UP_EVENT_GAP_MS } from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';
import { AttemptRecord, type RecordServices } from './attempt-record.ts';
import { listEligible, type PickAccountServices } from './pick-account.ts';
import { selectInTurn } from './select-without-slot.ts';

export type WarmUpServices = RecordServices & PickAccountServices;

const WARM_UP_HEADERS = { 'x-tollgate-warmup': '1' } as const;
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } as const;

/**
 * WARM-1: a request that is only a client's housekeeping is answered here, when the account that would serve it
 * wants that. No slot, no upstream, no sticky session; a usage row of cost 0. false = go on as usual.
 */
export function interceptWarmUp(context: RequestContext, services: WarmUpServices): Promise<boolean> | false {
  return context.parsed.scan.warmUp === null ? false : answerWarmUp(context, services);
}

async function answerWarmUp(context: RequestContext, services: WarmUpServices): Promise<boolean> {
  const { scan } = context.parsed;
  const eligible = await listEligible(context, services, { excluded: new Set(), slots: true });
  const picked = eligible instanceof TollgateError ? null : selectInTurn(eligible);
  if (picked?.account.interceptsWarmUps !== true) {
    context.decision.forgetRounds();
    return false;
  }
  context.decision.isWarmUp = true;
  const record = new AttemptRecord(context, picked, services);
  await record.open();
  record.close({
    state: 'settled',
    status: 200,
    errorCode: null,
    // What nobody has used: the answer's figures are for the client's eyes only.
    metered: null,
    firstTokenMs: 0,
    upstreamRequestId: null,
  });
  context.stopKeepAlive();
  if (scan.stream) await streamAnswer(context, scan.model);
  else sendAnswer(context, scan.model);
  return true;
}

function sendAnswer({ writer, answerHeaders }: RequestContext, model: string): void {
  const headers = { 'content-type': 'application/json', ...WARM_UP_HEADERS, ...answerHeaders };
  writer.send(200, headers, buildWarmUpMessage(model));
}

async function streamAnswer(context: RequestContext, model: string): Promise<void> {
  const { writer, answerHeaders } = context;
  if (writer.state === 'idle')
    writer.startStream(200, { ...STREAM_HEADERS, ...WARM_UP_HEADERS, ...answerHeaders });
  for (const [index, event] of listWarmUpEvents(model).entries()) {
    if (index > 0) await sleep(WARM_UP_EVENT_GAP_MS);
    if (context.clientHasLeft) return;
    writer.write(event);
  }
  writer.end();
}
