import { Document } from 'yaml';
import type { ExportedConfig } from './export-config.ts';

const HEAD = ` What \`tollgate export\` has found. Applied here it changes nothing: \`tollgate apply FILE --dry-run\` shows it.
 Secrets of accounts, proxies and alert channels are references: set those variables (or name files) before you apply it
 to an installation that does not have them. Keys are hashes: they go on working, nobody can read them here.
 Left out, as no file can say them: balances, ledger and usage; redeem codes; prices
 (\`tollgate prices list\`); passwords and tokens of the control plane; what accounts have learnt (states, refreshes).`;

/** The file as YAML, with what is not in it told at its top. Long texts stay on one line. */
export function renderExport(config: ExportedConfig): string {
  const document = new Document(config);
  document.commentBefore = HEAD;
  return document.toString({ lineWidth: 0, singleQuote: true });
}
