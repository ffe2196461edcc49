import { failure, ok, type Check } from './finding.ts';

const MAJOR_MIN = 24;

/** Node runs the TypeScript sources as they are from version 24 on. */
export function createNodeCheck(version: string = process.versions.node): Check {
  return {
    name: 'node',
    run: async () => {
      if (Number(version.split('.')[0]) >= MAJOR_MIN) return [ok(`Node ${version}`)];
      const mend = `run \`npm ci\` in the checkout (it brings Node ${MAJOR_MIN}) and start by \`npx --no tollgate\``;
      return [failure(`Node ${version} is too old: ${MAJOR_MIN} is needed`, mend)];
    },
  };
}
