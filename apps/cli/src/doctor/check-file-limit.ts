import { readFileSync } from 'node:fs';
import { failure, ok, warning, type Check, type Look } from './finding.ts';

const FAILURE_BELOW = 1_024;
const WARNING_BELOW = 16_384;
const MEND =
  'raise it: `ulimit -n 65536`, LimitNOFILE= in the systemd unit, or --ulimit nofile= of the container';

/** A stream takes two descriptors: the client's and the upstream's. */
export const checkFileLimit: Check = {
  name: 'open files',
  run: async () => [judgeFileLimit(readLimit())],
};

/** null = this system does not say. */
function readLimit(): number | null {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return null;
  }
}

export function judgeFileLimit(limit: number | null): Look {
  if (limit === null) return ok('this system does not tell its limit');
  if (limit < FAILURE_BELOW) return failure(`only ${limit} files may be open`, MEND);
  if (limit >= WARNING_BELOW) return ok(`${limit} files may be open`);
  return warning(`${limit} files may be open: enough for about ${Math.floor(limit / 2)} streams`, MEND);
}
