import { randomUUID } from 'node:crypto';
import type { AccountSnapshot } from '@tollgate/core';
import { wrapCodeAssistRequest, type CodeAssistFlavour } from '@tollgate/translate';
import type { RequestContext } from '../request-context.ts';
import { buildRequestSession } from '../request-session.ts';

export interface EnvelopedAccount {
  account: Pick<AccountSnapshot, 'platform' | 'project'>;
  upstreamModel: string;
}

/** A generateContent body in the envelope of the account's platform, in its project and the client's session. */
export function wrapTranslation(
  context: RequestContext,
  { account, upstreamModel }: EnvelopedAccount,
  body: Uint8Array,
): Buffer {
  return wrapCodeAssistRequest(body, {
    model: upstreamModel,
    project: account.project ?? '',
    requestId: randomUUID(),
    sessionId: buildRequestSession(context)?.id ?? null,
    flavour: selectFlavour(account),
  });
}

/** Whose envelope an account's upstream takes. */
export function selectFlavour({ platform }: EnvelopedAccount['account']): CodeAssistFlavour {
  return platform === 'antigravity' ? 'antigravity' : 'gemini-cli';
}
