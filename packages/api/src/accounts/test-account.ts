import { mapModel } from '@tollgate/accounts';
import { buildProxySealContext, type AccountCredentials, type Platform } from '@tollgate/core';
import { openSecret, SealError } from '@tollgate/db';
import { z } from 'zod';
import type { ApiServices } from '../base/context.ts';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { buildStreamSchema } from '../fields/stream-field.ts';
import { idField, noteField } from '../fields/text-fields.ts';
import { buildProblem } from '../problems/problem.ts';
import type { Account } from './account-schemas.ts';
import { accountTestStepSchema, type AccountTestTarget } from './account-tester.ts';
import { loadAccount, type StoredAccount } from './load-accounts.ts';

const MODEL_CHARACTERS_MAX = 256;

const inputSchema = z.strictObject({
  id: idField,
  /** As a client would ask for it. Absent = the first of the account's mapping, else a small one of its platform. */
  model: noteField.min(1).max(MODEL_CHARACTERS_MAX).optional(),
  /** Platform openai; absent = the one that fits. */
  protocol: z.enum(['chat', 'responses']).optional(),
});

/** Cheap, and sold to everybody. */
const SMALL_MODELS: Readonly<Record<Platform, string>> = {
  anthropic: 'claude-haiku-4-5',
  openai: 'gpt-5-nano',
  gemini: 'gemini-3.5-flash',
  antigravity: 'gemini-3.5-flash',
};

/**
 * ACC-8: sends the account's upstream one small real request, whatever the account's state, and gives each step as it
 * ends; the first failed step is the last one. The state of the account is not touched. A caller that leaves ends it.
 */
export const testAccount = adminProcedure
  .input(inputSchema)
  .output(buildStreamSchema(accountTestStepSchema))
  .mutation(async ({ ctx, input, signal }) => {
    const { services, admin } = ctx;
    const target = await runChange({ services, actor: admin.id }, async (change) => {
      const stored = await loadAccount(change.tx, input.id);
      const model = selectModel(stored.account, input.model);
      change.audit('account.test', input.id, { model });
      return buildTarget(services, stored, model, input.protocol ?? null);
    });
    return services.testAccount(target, signal ?? new AbortController().signal);
  });

function selectModel({ modelMapping, platform }: Account, requested: string | undefined): string {
  const first = Object.keys(modelMapping).find((name) => !name.endsWith('*'));
  const asked = requested ?? first ?? SMALL_MODELS[platform];
  const model = mapModel(modelMapping, asked);
  if (model === null)
    throw buildProblem('invalid', 'model', 'the account does not serve this model: give another one');
  return model;
}

function buildTarget(
  { secretKey }: ApiServices,
  { account, sealedCredentials, sealedProxyUrl }: StoredAccount,
  model: string,
  openAiProtocol: 'chat' | 'responses' | null,
): AccountTestTarget {
  const { id, platform, kind, baseUrl, pinnedHeaders } = account;
  try {
    const credentials = JSON.parse(openSecret(sealedCredentials, secretKey, id)) as AccountCredentials;
    const proxyUrl =
      sealedProxyUrl === null ? null : openSecret(sealedProxyUrl, secretKey, buildProxySealContext(id));
    return { platform, kind, baseUrl, credentials, proxyUrl, pinnedHeaders, model, openAiProtocol };
  } catch (fault) {
    if (!(fault instanceof SealError)) throw fault;
    throw buildProblem(
      'conflict',
      '',
      'the seal of its secrets cannot be opened: another secret key made it',
    );
  }
}
