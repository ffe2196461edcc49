import { router } from '../base/procedures.ts';
import { buildCreateAdminToken } from './create-admin-token.ts';
import { listAdminTokens } from './list-admin-tokens.ts';
import { revokeAdminToken } from './revoke-admin-token.ts';

/** CTL-2; `listRouters`: the names that scopes may begin with. */
export function buildAdminTokensRouter(listRouters: () => readonly string[]) {
  return router({
    create: buildCreateAdminToken(listRouters),
    list: listAdminTokens,
    revoke: revokeAdminToken,
  });
}
