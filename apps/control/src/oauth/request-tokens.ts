import { mapRefreshAnswer, type RefreshMeaning } from '@tollgate/accounts';
import type { Platform } from '@tollgate/core';
import { GuardedRequestError, sendGuardedRequest, type OutboundPolicy } from '@tollgate/outbound';
import { buildVariableName, TOKEN_ENCODINGS, type OauthClients } from './oauth-clients.ts';

export interface TokenRequest {
  platform: Platform;
  refreshToken: string;
  /** The account's own; null = direct. */
  proxyUrl: string | null;
}

export interface TokenEndpoints {
  policy: OutboundPolicy;
  clients: OauthClients;
  /** OPS-6: for all of one request. */
  timeoutMs: number;
}

const ANSWER_BYTES_MAX = 64 * 1024;

/** RFC 6749 §6. Whatever happens has a meaning; never rejects but for faults of our own. */
export async function requestTokens(
  endpoints: TokenEndpoints,
  request: TokenRequest,
): Promise<RefreshMeaning> {
  const { tokenUrl, clientId, clientSecret } = endpoints.clients[request.platform];
  if (clientId === null) {
    return fail(`no client id: set ${buildVariableName(request.platform, 'CLIENT_ID')}`);
  }
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: request.refreshToken,
    client_id: clientId,
    ...(clientSecret === null ? {} : { client_secret: clientSecret }),
  };
  try {
    const { status, headers, body } = await sendGuardedRequest(endpoints.policy, {
      method: 'POST',
      url: tokenUrl,
      ...encodeFields(fields, TOKEN_ENCODINGS[request.platform]),
      proxyUrl: request.proxyUrl,
      timeoutMs: endpoints.timeoutMs,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    return mapRefreshAnswer({ status, body: body.toString(), retryAfter: headers['retry-after'] ?? null });
  } catch (fault) {
    if (!(fault instanceof GuardedRequestError)) throw fault;
    return fail(`the token endpoint cannot be asked: ${fault.message}`);
  }
}

function encodeFields(
  fields: Record<string, string>,
  encoding: 'form' | 'json',
): { headers: Record<string, string>; body: string } {
  const type = encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
  const body = encoding === 'json' ? JSON.stringify(fields) : new URLSearchParams(fields).toString();
  return { headers: { accept: 'application/json', 'content-type': type }, body };
}

function fail(reason: string): RefreshMeaning {
  return { kind: 'failed', reason, retryAfterMs: null };
}
