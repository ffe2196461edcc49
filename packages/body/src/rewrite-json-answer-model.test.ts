import { describe, expect, it } from 'vitest';
import { rewriteJsonAnswerModel } from './rewrite-json-answer-model.ts';

const rewrite = (text: string): string => rewriteJsonAnswerModel(Buffer.from(text), 'asked').toString();

describe('[API-2] rewriteJsonAnswerModel', () => {
  it('replaces the top-level model only', () => {
    expect(rewrite('{"id":"msg_1", "model":"up-1","usage":{"iterations":[{"model":"up-1"}]} }')).toBe(
      '{"id":"msg_1", "model":"asked","usage":{"iterations":[{"model":"up-1"}]} }',
    );
  });

  it.each(['', '[]', '{"model":7}', '{"type":"error"}', '{"model":"cut', '<html>', '{"model":null}'])(
    'leaves %j as it is',
    (text) => {
      const body = Buffer.from(text);
      expect(rewriteJsonAnswerModel(body, 'asked')).toBe(body);
    },
  );
});
