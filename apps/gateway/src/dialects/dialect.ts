import type { AnswerModelRewriter, BodyPool, ScannedBody } from '@tollgate/body';
import type { AccountSnapshot, Protocol } from '@tollgate/core';
import type { JsonAnswer, ProtocolStreamMeter, UsageChunkFilter } from '@tollgate/protocol';
import type { RequestScan, RequestScanResult } from '../request-scan.ts';
import type { ClientRequest } from '../server/port.ts';
import type { OpenedAccount } from '../snapshots/opened-accounts.ts';

/** How an upstream's answers are read, whoever has asked. */
export interface UpstreamDialect {
  readonly protocol: Protocol;
  /** How its streams are sent, both ways. */
  readonly streamMediaType: 'text/event-stream' | 'application/json';
  /** The header of an answer in which the upstream names it. */
  readonly requestIdHeader: string;
  /** A new one for each attempt. */
  createMeter(scan: RequestScan): ProtocolStreamMeter;
  /** null = the body is no whole answer. */
  readAnswer(body: Buffer, scan: RequestScan): JsonAnswer | null;
  selectRequestHeaders(headers: ClientRequest['headers']): Record<string, string>;
  buildAuthHeaders(
    account: Pick<AccountSnapshot, 'kind'>,
    credentials: OpenedAccount['credentials'],
    clientHeaders: Readonly<Record<string, string>>,
  ): Record<string, string>;
}

/** The protocol that a client speaks, and how its calls pass where the upstream speaks the same (API-2). */
export interface Dialect extends UpstreamDialect {
  /** Small bodies at once and without a promise. The buffer that was handed in may be gone: use the result's. */
  scan(
    request: ClientRequest,
    body: Buffer,
    bodies: BodyPool,
    signal?: AbortSignal,
  ): ScannedBody<RequestScanResult> | Promise<ScannedBody<RequestScanResult>>;
  /** With query; `pathPrefix`: the path of the account's base URL, '' if it has none. */
  buildPath(request: ClientRequest, pathPrefix: string, scan: RequestScan, upstreamModel: string): string;
  buildBody(body: Buffer, scan: RequestScan, upstreamModel: string): Buffer;
  selectResponseHeaders(headers: Readonly<Record<string, string>>, status: number): Record<string, string>;
  /** Puts the client's name of the model into a stream. */
  createRewriter(model: string): AnswerModelRewriter;
  rewriteAnswer(body: Buffer, model: string): Buffer;
  /** MON-8: keeps from the client what only the meter wanted; null = nothing is. */
  createFilter(body: Buffer, scan: RequestScan): UsageChunkFilter | null;
}
