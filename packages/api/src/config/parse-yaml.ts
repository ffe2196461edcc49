import { LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../problems/problem.ts';

/** Guards against a small file of aliases that unfolds into gigabytes. */
const ALIAS_COUNT_MAX = 100;

/** Plain data, or what is wrong and where. Messages carry no piece of the text: it has credentials in it. */
export function parseYaml(text: string): { value: unknown } | { problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return {
      problems: faults.map(({ code, pos }) => {
        const { line, col } = lines.linePos(pos[0]);
        return { path: '', message: `line ${line}, column ${col}: not valid YAML (${describe(code)})` };
      }),
    };
  }
  try {
    return { value: document.toJS({ maxAliasCount: ALIAS_COUNT_MAX }) };
  } catch {
    return { problems: [{ path: '', message: 'not valid YAML (too many or unknown aliases)' }] };
  }
}

/** `BAD_INDENT` → `bad indent` */
function describe(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
