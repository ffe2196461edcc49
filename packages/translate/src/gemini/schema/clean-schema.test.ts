import { describe, expect, it } from 'vitest';
import { cleanSchema, cleanToolSchema } from './clean-schema.ts';

const strict = (schema: Record<string, unknown>): unknown => cleanSchema(schema, 'openapi');
function field(schema: Record<string, unknown>): unknown {
  const cleaned = cleanSchema({ type: 'object', properties: { a: schema } }, 'openapi');
  return (cleaned?.['properties'] as { a?: unknown } | undefined)?.a;
}
const loose = (schema: Record<string, unknown>): unknown => cleanSchema(schema, 'json-schema');

describe('[API-3] schemas for Gemini', () => {
  it('puts references in and keeps what stands beside them', () => {
    const schema = {
      type: 'object',
      properties: { home: { $ref: '#/$defs/a~1b', description: 'where' } },
      $defs: { 'a/b': { type: 'object', description: 'any', properties: { street: { type: 'string' } } } },
    };
    const home = { type: 'object', description: 'where', properties: { street: { type: 'string' } } };
    expect(strict(schema)).toEqual({ type: 'object', properties: { home } });
    expect(loose(schema)).toEqual({ type: 'object', properties: { home } });
  });

  it.each(['openapi', 'json-schema'] as const)(
    'cuts cycles: through a definition, to the root, at once (%s)',
    (dialect) => {
      const schema = {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: { next: { $ref: '#/$defs/node' }, all: { type: 'array', items: { $ref: '#' } } },
          },
          self: { $ref: '#/$defs/self' },
        },
      };
      const cleaned = JSON.stringify(cleanSchema(schema, dialect));
      expect(cleaned).toContain('"next":{"type":"object"}');
      expect(cleaned).not.toContain('$ref');
      const self = { type: 'object', properties: { a: { $ref: '#/$defs/self' } }, $defs: schema.$defs };
      expect(cleanSchema(self, dialect)).toEqual({ type: 'object', properties: { a: { type: 'object' } } });
    },
  );

  it('bounds references that would double with each level', () => {
    const $defs: Record<string, unknown> = { d0: { type: 'string' } };
    for (let level = 1; level < 40; level += 1) {
      const half = { $ref: `#/$defs/d${level - 1}` };
      $defs[`d${level}`] = { type: 'object', properties: { a: half, b: half } };
    }
    expect(JSON.stringify(strict({ $ref: '#/$defs/d39', $defs })).length).toBeLessThan(500_000);
  });

  it('cuts what is nested too deep', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < 5_000; level += 1) schema = { type: 'array', items: schema };
    expect(JSON.stringify(strict(schema)).length).toBeLessThan(5_000);
  });

  it('makes type lists nullable, and a const a choice of one', () => {
    expect(field({ type: ['string', 'null'] })).toEqual({ type: 'string', nullable: true });
    expect(field({ const: 'x' })).toEqual({ type: 'string', enum: ['x'] });
    expect(field({ type: ['string', 'integer'] })).toEqual({
      anyOf: [{ type: 'string' }, { type: 'integer' }],
    });
    expect(field({ anyOf: [{ type: 'integer' }, { type: 'null' }] })).toEqual({
      type: 'integer',
      nullable: true,
    });
    expect(loose({ type: ['object', 'null'], properties: { a: { const: 1 } } })).toEqual({
      type: ['object', 'null'],
      properties: { a: { enum: [1] } },
    });
  });

  it('tells choices that are no strings in words', () => {
    expect(field({ enum: [1, 2], description: 'How many.' })).toEqual({
      type: 'integer',
      description: 'How many. One of: 1, 2.',
    });
    expect(field({ enum: ['', 'a'] })).toEqual({ type: 'string', enum: ['a'] });
  });

  it('gives each array its items', () => {
    expect(field({ type: 'array' })).toEqual({ type: 'array', items: { type: 'string' } });
    expect(field({ type: 'array', items: {} })).toEqual({ type: 'array', items: { type: 'string' } });
    expect(field({ type: 'array', items: [{ type: 'string' }, { type: 'number' }] })).toEqual({
      type: 'array',
      items: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    });
  });

  it('leaves out what is refused', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'x',
      type: 'object',
      additionalProperties: false,
      patternProperties: { '^x': {} },
      propertyNames: { pattern: 'x' },
      properties: {
        size: { type: 'number', exclusiveMinimum: 0, default: 3, examples: [1] },
        mail: { type: 'string', format: 'email', not: { const: '' } },
        when: { type: 'string', format: 'date-time' },
      },
      required: ['size', 'gone'],
      if: {},
    };
    expect(strict(schema)).toEqual({
      type: 'object',
      properties: {
        size: { type: 'number' },
        mail: { type: 'string' },
        when: { type: 'string', format: 'date-time' },
      },
      required: ['size'],
    });
    expect(loose(schema)).toMatchObject({
      additionalProperties: false,
      properties: { mail: { format: 'email' } },
    });
    expect(JSON.stringify(loose(schema))).not.toMatch(/\$schema|exclusiveMinimum|patternProperties|"if"/u);
  });

  it('merges allOf', () => {
    const schema = {
      allOf: [
        { $ref: '#/$defs/a' },
        { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
      ],
      $defs: { a: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] } },
    };
    expect(strict(schema)).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      required: ['a', 'b'],
    });
  });

  it('knows a tool without input', () => {
    expect(cleanToolSchema({ type: 'object' }, 'openapi')).toBeNull();
    const empty = { type: 'object', properties: {}, additionalProperties: false };
    expect(cleanToolSchema(empty, 'json-schema')).toBeNull();
    expect(cleanToolSchema({}, 'openapi')).toBeNull();
    expect(cleanToolSchema({ properties: { a: {} } }, 'json-schema')).not.toBeNull();
  });

  it('takes garbage for any input', () => {
    expect(field({ type: 7, enum: 'x', properties: 3, items: 'y', $ref: 'http://x/y' })).toEqual({
      type: 'string',
    });
    expect(strict({ type: 'object', properties: { a: null, b: true, c: 'x' } })).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' } },
    });
    const cleaned = strict(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"number"}}}'));
    expect(JSON.stringify(cleaned)).toContain('__proto__');
  });
});
