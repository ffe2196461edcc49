import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanProtocolBody, type ScannedProtocol } from './scan-protocol-body.ts';

const PROTOCOLS: ScannedProtocol[] = ['chat', 'responses', 'gemini', 'code-assist'];
const KEYS = [
  'model',
  'messages',
  'input',
  'contents',
  'parts',
  'content',
  'role',
  'text',
  'request',
  'stream',
  'stream_options',
  'max_tokens',
  'generationConfig',
  'imageConfig',
  'systemInstruction',
  'prompt_cache_key',
];
const leaf = fc.oneof(
  fc.constantFrom('user', 'system', 'm', '', '\ud800', '\u0000'),
  fc.jsonValue({ maxDepth: 1 }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }),
  ),
}));

describe.each(PROTOCOLS)('scanProtocolBody, %s', (protocol) => {
  it('[REQ-4] any JSON is accepted or refused with a field, and never throws', () => {
    fc.assert(
      fc.property(value, (body) => {
        const bytes = Buffer.from(JSON.stringify(body));
        const result = scanProtocolBody(protocol, bytes);
        if (!result.ok) {
          expect(result.message.length).toBeGreaterThan(0);
          return;
        }
        for (const range of [result.turns, result.system, result.tools, ...result.modelRanges])
          if (range !== null)
            expect(() => JSON.parse(bytes.toString('utf8', range.start, range.end))).not.toThrow();
        expect(result.session.text ?? 'text-sha256:').toMatch(/^text-sha256:/u);
      }),
      { numRuns: 300 },
    );
  });

  it('[REQ-4] random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(scanProtocolBody(protocol, Buffer.from(bytes)).ok).toBe(false);
      }),
    );
  });
});
