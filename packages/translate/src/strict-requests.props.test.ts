import { findRequestFault } from '@tollgate/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EFFORTS, type ConversationRequest, type Turn } from './conversation/conversation-request.ts';
import type { RequestScope } from './conversation/translation-scope.ts';
import { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
import { Findings } from './policy/findings.ts';
import { selectParts } from './protocols.ts';
import { conversation } from './testing/arbitraries.ts';
import { translateRequest } from './translate-request.ts';

const PAIRS = WIRE_PROTOCOLS.flatMap((from) =>
  WIRE_PROTOCOLS.filter((to) => to !== from).map((to) => [from, to] as const),
);
/** Models whose rules differ: with budgets, with efforts, without thinking. */
const MODELS: Readonly<Record<WireProtocol, readonly string[]>> = {
  messages: ['claude-sonnet-4-5', 'claude-opus-5', 'claude-3-5-haiku-20241022'],
  chat: ['gpt-4o', 'gpt-5', 'other-vendor/model'],
  responses: ['gpt-4o', 'gpt-5', 'o3'],
  gemini: ['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3-pro-preview', 'gemini-2.0-flash'],
};
const PNG = 'iVBORw0KGgo=';

/** Schemas that some vendor takes and another does not. */
const { field } = fc.letrec<{ field: Record<string, unknown> }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Record<string, unknown>>(
      { type: 'string' },
      { type: 'array' },
      { type: ['string', 'null'], description: 'maybe' },
      { type: 'integer', enum: [1, 2] },
      { const: 'x' },
      { type: 'object' },
      { $ref: '#/$defs/loop' },
      { type: 'number', exclusiveMinimum: 0, default: 1 },
    ),
    fc.record({ type: fc.constant('array'), items: tie('field') }),
    fc.record({ anyOf: fc.tuple(tie('field'), fc.constant({ type: 'null' })) }),
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('field')),
    }),
  ),
}));
const LOOP = { loop: { type: 'object', properties: { next: { $ref: '#/$defs/loop' } } } };
const schema = fc.oneof(
  fc.constantFrom<Record<string, unknown>>(
    { type: 'object' },
    { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }] },
    { type: 'object', additionalProperties: false, properties: {} },
  ),
  fc.dictionary(fc.constantFrom('a', 'b', 'c_d'), field, { minKeys: 1 }).map((properties) => ({
    type: 'object',
    properties,
    $defs: LOOP,
    $schema: 'x',
    required: Object.keys(properties),
  })),
);

const settings: fc.Arbitrary<Partial<ConversationRequest>> = fc.record({
  toolChoice: fc.constantFrom(
    null,
    { mode: 'auto', names: null },
    { mode: 'any', names: null },
    { mode: 'any', names: ['look_up'] },
    { mode: 'none', names: null },
    { mode: 'auto', names: ['get_weather'] },
  ) as fc.Arbitrary<ConversationRequest['toolChoice']>,
  allowsParallelCalls: fc.constantFrom(null, true, false),
  reasoning: fc.option(
    fc.record({
      effort: fc.option(fc.constantFrom(...EFFORTS)),
      budgetTokens: fc.option(fc.constantFrom(1024, 4000, 60_000)),
      showsThoughts: fc.constantFrom(null, true, false),
    }),
  ),
  outputFormat: fc.option(
    fc.oneof(
      fc.constant({ type: 'json' as const }),
      schema.map((each) => ({ type: 'json-schema' as const, name: 'answer', schema: each, isStrict: null })),
    ),
  ),
  outputTokensMax: fc.constantFrom(null, 1, 15, 1025, 100_000),
  stopSequences: fc.array(fc.constantFrom('a', ' ', '\n\n', 'END', 'b', 'c'), { maxLength: 6 }),
  sampling: fc.record({
    temperature: fc.constantFrom(null, 0, 0.7, 1, 1.7, 2),
    topP: fc.constantFrom(null, 0.1, 1),
    topK: fc.constantFrom(null, 1, 40),
    presencePenalty: fc.constantFrom(null, 0, 0.5),
    frequencyPenalty: fc.constantFrom(null, -1),
    seed: fc.constantFrom(null, 7),
  }),
  verbosity: fc.constantFrom(null, 'low'),
  hasWebSearch: fc.boolean(),
});

const request = fc
  .record({
    spoken: conversation,
    set: settings,
    schemas: fc.tuple(fc.option(schema), fc.option(schema)),
    isStrict: fc.constantFrom(null, true, false),
    hasTools: fc.boolean(),
    image: fc.boolean(),
  })
  .map(({ spoken, set, schemas, isStrict, hasTools, image }): ConversationRequest => {
    const tools = spoken.tools.map(({ name, description }, index) => ({
      name,
      description,
      schema: schemas[index] ?? null,
      isStrict,
    }));
    const source = { kind: 'base64' as const, mediaType: 'image/png', data: PNG };
    const shown: Turn[] = [{ role: 'user', blocks: [{ type: 'image', source, detail: null }] }];
    const turns = [...spoken.turns, ...(image ? shown : [])];
    return Object.assign({}, spoken, set, { turns, tools: hasTools ? tools : [] });
  });

function buildScope(protocol: WireProtocol, upstreamModel: string): RequestScope {
  return {
    from: protocol,
    to: protocol,
    upstreamModel,
    isStream: true,
    outputTokensMax: null,
    isCodeAssist: false,
    findings: new Findings(protocol),
    context: { includesUsage: true, showsThoughts: true, toolNames: {}, echo: {} },
  };
}

/** A request that its own provider takes may be dropped from or refused by the policy, and never by the other provider. */
describe.each(PAIRS)('%s → %s', (from, to) => {
  it('[API-3] what the one provider takes is taken by the other, with all settings', () => {
    let sent = 0;
    fc.assert(
      fc.property(
        request,
        fc.constantFrom(...MODELS[from]),
        fc.constantFrom(...MODELS[to]),
        (generated, model, upstreamModel) => {
          const built = selectParts(from).buildRequest(generated, buildScope(from, model));
          const body = Buffer.from(JSON.stringify(built));
          fc.pre(findRequestFault(from, JSON.parse(body.toString()), { model }) === null);
          const result = translateRequest(body, {
            from,
            to,
            upstreamModel,
            stream: true,
            outputTokensMax: null,
          });
          if (!result.ok) return;
          sent += 1;
          const translated: unknown = JSON.parse(Buffer.from(result.body).toString());
          expect(findRequestFault(to, translated, { model: upstreamModel })).toBeNull();
        },
      ),
      { numRuns: 150, maxSkipsPerRun: 100 },
    );
    expect(sent).toBeGreaterThan(50);
  });
});
