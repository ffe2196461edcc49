import { formatProblems, inspectConfig } from '@tollgate/api/server';
import { failure, ok, type Check, type DoctorSite } from './finding.ts';

const MEND =
  'mend the file; `tollgate apply --schema` prints what may be in it, `apply FILE --dry-run` shows its plan';

/** What is not in the file may be in the database. */
const ELSEWHERE = 'no such ';

/** The file of --config by itself: what it refers to may be in the database, so only a dry run knows all. */
export const checkConfigFile: Check = {
  name: 'config file',
  run: async ({ config }: DoctorSite) => {
    if (config === null) return [];
    if ('problem' in config) return [failure(config.problem, MEND)];
    try {
      const { config: parsed, problems } = inspectConfig(config.text);
      const wrong = problems.filter(({ message }) => !message.startsWith(ELSEWHERE));
      if (wrong.length > 0) return wrong.map((one) => failure(formatProblems([one]), MEND));
      const { groups, accounts, users, keys } = parsed;
      const figures = `${groups.length} groups, ${accounts.length} accounts, ${users.length} users, ${keys.length} keys`;
      return [ok(`well formed: ${figures}`)];
    } catch (fault) {
      const lines = (fault instanceof Error ? fault.message : String(fault)).split('\n');
      return lines.map((line) => failure(line, MEND));
    }
  },
};
