import type { UpstreamRequest } from '@tollgate/forward';
import { isSignatureRefusal, stripSignatures } from '@tollgate/protocol';
import type { RequestContext } from './request-context.ts';
import type { ReadyAccount } from './stages/ready-account.ts';

type SendingAccount = Pick<ReadyAccount, 'opened' | 'upstreamModel' | 'translation' | 'streamOnly'> & {
  account: Pick<ReadyAccount['account'], 'kind' | 'pinnedHeaders'>;
};

/** What of a request depends on whether it is translated. */
interface Wording {
  path: string;
  /** Made for this request: the account's are put over them. */
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * The client's request as the account sends it: allowed headers, values that the operator has pinned in place of
 * the client's (ACC-9), the account's own credentials, the account's name for the model (API-2).
 */
export function buildUpstreamRequest(context: RequestContext, sending: SendingAccount): UpstreamRequest {
  const { account, opened, translation, streamOnly } = sending;
  const { credentials, origin, proxyUrl } = opened;
  const dialect = translation?.call.dialect ?? context.dialect;
  const wording = translation === null ? passOn(context, sending) : reword(context, sending, translation);
  const { headers } = wording;
  // What the client accepts is the answer that is made of the stream.
  if (streamOnly?.gathers === true) headers['accept'] = 'text/event-stream';
  Object.assign(headers, account.pinnedHeaders);
  headers['content-type'] = 'application/json';
  Object.assign(headers, dialect.buildAuthHeaders(account, credentials, headers));
  return {
    method: 'POST',
    origin,
    path: wording.path,
    headers,
    body: wording.body,
    connectTimeoutMs: context.admitted.group.deadlines.connectMs,
    proxyUrl,
  };
}

function passOn(context: RequestContext, { opened, upstreamModel, streamOnly }: SendingAccount): Wording {
  const { request, dialect, parsed } = context;
  return {
    path: dialect.buildPath(request, opened.pathPrefix, parsed.scan, upstreamModel),
    headers: dialect.selectRequestHeaders(request.headers),
    body: streamOnly?.body ?? buildPassedBody(context, upstreamModel),
  };
}

/** SEL-7: as the client sent it, but for what this account cannot read. */
export function buildPassedBody(
  { dialect, parsed, stripsSignatures }: RequestContext,
  upstreamModel: string,
): Buffer {
  const body = dialect.buildBody(parsed.body, parsed.scan, upstreamModel);
  return stripsSignatures ? (stripSignatures(dialect.protocol, body, upstreamModel) ?? body) : body;
}

/** Whether a refusal speaks of signed thinking that the request can do without. */
export function isAboutSignatures(
  context: RequestContext,
  { status, body }: { status: number; body: Buffer },
  upstreamModel = '',
): boolean {
  const { dialect, parsed, stripsSignatures } = context;
  if (stripsSignatures || !isSignatureRefusal(dialect.protocol, status, body)) return false;
  return stripSignatures(dialect.protocol, parsed.body, upstreamModel) !== null;
}

/** Of the client's headers only who it is: the others speak of its own protocol. */
function reword(
  { request }: RequestContext,
  { opened, upstreamModel, streamOnly }: SendingAccount,
  { call, body, stream }: NonNullable<SendingAccount['translation']>,
): Wording {
  const agent = request.headers.filter(([name]) => name === 'user-agent');
  return {
    path: call.buildPath(opened.pathPrefix, upstreamModel, stream),
    headers: { ...call.dialect.selectRequestHeaders(agent), ...call.headers },
    body: streamOnly?.body ?? body,
  };
}
