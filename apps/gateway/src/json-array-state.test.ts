import { describe, expect, it } from 'vitest';
import { JsonArrayState } from './json-array-state.ts';

describe('JsonArrayState', () => {
  it.each([
    ['', false, true],
    ['\n', false, true],
    ['[', false, false],
    ['[{"a":[1', false, false],
    ['[{"a":"]}\\"]}"', false, false],
    ['[{"a":[{}]}', true, true],
    ['[{}\n,\r\n', true, true],
    ['[{},{"b"', true, false],
    ['[{},{}]', true, false],
  ])('[REQ-2] %j, whatever the cut', (text, hasElements, takesElement) => {
    for (const size of [1, 2, 100]) {
      const state = new JsonArrayState();
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) state.push(bytes.subarray(at, at + size));
      expect([state.hasElements, state.takesElement]).toEqual([hasElements, takesElement]);
    }
  });
});
