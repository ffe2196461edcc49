import { describe, expect, it } from 'vitest';
import { Findings } from './findings.ts';

describe('Findings', () => {
  it('the first refusal is the one that counts, and names its field', () => {
    const findings = new Findings('gemini');
    expect(findings.carries('image-url', 'messages.3.content.0')).toBe(false);
    findings.refuse('later', 'later');
    expect(findings.refusal).toMatchObject({ param: 'messages.3.content.0' });
    expect(findings.refusal?.message).toContain('messages.3.content.0');
  });

  it('names in a header are safe, short and few, whatever the client sent', () => {
    const findings = new Findings('chat');
    findings.drop('evil\r\nset-cookie: a=b');
    findings.drop('x'.repeat(1000));
    findings.drop('naïve, field');
    for (let index = 0; index < 1000; index += 1) findings.drop(`field_${index}`);
    expect(findings.dropped).toHaveLength(32);
    for (const name of findings.dropped) expect(name).toMatch(/^[\w.-]{1,64}$/u);
    expect(findings.dropped[0]).toBe('unknown-field');
  });

  it('a feature that is dropped twice is named once', () => {
    const findings = new Findings('chat');
    expect(findings.carries('top-k', 'a')).toBe(false);
    expect(findings.carries('top-k', 'b')).toBe(false);
    expect([findings.dropped, findings.refusal]).toEqual([['top-k'], null]);
  });
});
