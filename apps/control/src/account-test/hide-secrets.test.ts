import { describe, expect, it } from 'vitest';
import { hideSecrets } from './hide-secrets.ts';

describe('hideSecrets', () => {
  it.each([
    ['wrong key: topsecret.', 'wrong key: [hidden].'],
    ['wrong key: sk-ant-api03-Abc_def', 'wrong key: [hidden]'],
    ['wrong key: sk-proj-********wxyz', 'wrong key: [hidden]'],
    ['API key AIzaSyA-1234567 not valid', 'API key [hidden] not valid'],
    ['token ya29.a0AfH6SM', 'token [hidden]'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', 'jwt [hidden]'],
    ['Bearer abcdefghij', 'Bearer [hidden]'],
    ['two\nlines\t here', 'two lines here'],
    ['the model gpt-5-nano is unknown', 'the model gpt-5-nano is unknown'],
    ['a task-force', 'a task-force'],
  ])('[REQ-5] %j', (text, shown) => {
    expect(hideSecrets(text, ['topsecret', 'a'])).toBe(shown);
  });

  it('cuts what goes on and on', () => {
    expect(hideSecrets('x'.repeat(10_000), [])).toHaveLength(500);
  });
});
