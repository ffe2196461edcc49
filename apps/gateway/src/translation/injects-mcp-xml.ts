import type { SpeakingAccount } from '@tollgate/accounts';
import type { RequestContext } from '../request-context.ts';

/** API-7: whether the group wants MCP tools to be called in XML; a matter of Antigravity's alone. */
export function injectsMcpXml(
  { admitted }: Pick<RequestContext, 'admitted'>,
  { platform }: Pick<SpeakingAccount, 'platform'>,
): boolean {
  return platform === 'antigravity' && admitted.group.mcpXmlInject;
}
