import { createConformanceChecker } from '@tollgate/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildMcpFields, MCP_RESULT, MCP_TOOL, OWN_TOOL, writeCall } from '../harness/mcp-conversation.ts';
import { MCP_MODEL, startMcpXmlSite, type McpGroup, type McpXmlSite } from '../harness/mcp-xml-site.ts';
import { readAnswer } from '../harness/read-answer.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { waitForUsage } from '../harness/usage.ts';
import { callWire, WIRE, type Wire } from '../harness/wire-client.ts';

const HUGE = 'x<y> '.repeat(50_000);
const FINISH: Readonly<Record<Wire, string>> = {
  messages: 'tool_use',
  chat: 'tool_calls',
  responses: 'completed',
  gemini: 'STOP',
};
const ENDED: Readonly<Record<Wire, string>> = { ...FINISH, messages: 'end_turn', chat: 'stop' };

interface Case {
  title: string;
  said: string;
  text: string;
  inputs: unknown[];
}

const call = (value: unknown) => writeCall(JSON.stringify(value));
const asText = (title: string, said: string): Case => ({ title, said, text: said, inputs: [] });

/** What the model says, and what its client is to read. */
const CASES: readonly Case[] = [
  {
    title: 'text before, between and behind two calls',
    said: `Let me look. ${call({ note: 'a' })} And ${call({ note: 'b' })}\nThat is all.`,
    text: 'Let me look. And That is all.',
    inputs: [{ note: 'a' }, { note: 'b' }],
  },
  { title: 'nothing but a call', said: `${call({ note: 'a' })}\n`, text: '', inputs: [{ note: 'a' }] },
  {
    title: 'words in the arguments that look like XML',
    said: call({ note: `${call({ note: '"' })} </x> &lt; <![CDATA[y]]> "` }),
    text: '',
    inputs: [{ note: `${call({ note: '"' })} </x> &lt; <![CDATA[y]]> "` }],
  },
  {
    title: 'CDATA and entities where the arguments are no JSON',
    said: `${writeCall('<![CDATA[{"note":"<a>"}]]>')}${writeCall('{&quot;note&quot;:&quot;&lt;b&gt;&quot;}')}`,
    text: '',
    inputs: [{ note: '<a>' }, { note: '<b>' }],
  },
  { title: 'huge arguments', said: call({ note: HUGE }), text: '', inputs: [{ note: HUGE }] },
  asText('arguments that are no JSON', `Say ${writeCall('{"note":oops}')} so.`),
  asText('a call that never ends', `Say <${MCP_TOOL}>{"note":"a`),
  asText('a tool that is not there', writeCall('{}', 'mcp__other__tool')),
  asText('nested tags', `<${MCP_TOOL}><b>{"note":"a"}</b></${MCP_TOOL}>`),
];
const EACH = WIRE.flatMap((client) => [[client, false] as const, [client, true] as const]);

/** MCP tools on an Antigravity group with `mcp_xml_inject`, over the wire. */
describe('MCP tools in XML', () => {
  let site: McpXmlSite;
  const random = createSeededRandom('mcp-xml');

  beforeAll(async () => {
    site = await startMcpXmlSite();
  });
  afterEach(() => site.reset());
  afterAll(() => site.stop());

  const keyOf = (group: McpGroup) => site.at(group).key;
  const ask = (
    client: Wire,
    options: { stream?: boolean; isSecond?: boolean; key?: string; fields?: object },
  ) =>
    callWire(site.at('xml').gateway, client, {
      stream: options.stream ?? false,
      model: MCP_MODEL,
      key: options.key ?? keyOf('xml'),
      fields: { ...buildMcpFields(client, options.isSecond ?? false), ...options.fields },
    });
  const sent = () => site.simulator.requests.at(-1)?.json as { request: Record<string, unknown> };
  const say = (text: string) =>
    site.simulator.setScript(() => ({
      text,
      chunkSizes:
        text.length > 10_000 ? [] : Array.from({ length: 400 }, () => 1 + Math.floor(random() * 40)),
    }));

  describe.each(EACH)('%s, streamed %s', (client, stream) => {
    it.each(CASES)('[API-7] $title', async ({ said, text, inputs }) => {
      say(said);
      const answer = await ask(client, { stream });
      const body = await answer.text();
      expect([answer.status, body.slice(0, 300)]).toEqual([200, expect.any(String)]);
      const read = readAnswer(client, body, stream);
      expect(read.tools).toEqual(inputs.map((input) => ({ name: MCP_TOOL, input })));
      // Where one call ends and the next words begin, white space is nobody's.
      expect(read.text.trimEnd()).toBe(text.trimEnd());
      expect(read.finish).toBe((inputs.length > 0 ? FINISH : ENDED)[client]);
      if (stream) expectConformance(client, body);
      const [row] = await waitForUsage(site.topology, answer.headers.get('x-request-id') ?? '');
      expect(row).toMatchObject({ state: 'settled', protocol: client });
      expect(Number(row?.output_tokens)).toBeGreaterThan(0);
    });

    it('[API-7] the upstream is told the tool in words, and not declared one', async () => {
      await (await ask(client, { stream })).text();
      const { systemInstruction, tools } = sent().request;
      expect(JSON.stringify(systemInstruction)).toContain(`## ${MCP_TOOL}`);
      expect(JSON.stringify(tools)).toContain(OWN_TOOL);
      expect(JSON.stringify(tools)).not.toContain('mcp__');
    });

    it('[API-7] a second turn: call and result are text for the model', async () => {
      await (await ask(client, { stream, isSecond: true })).text();
      const contents = JSON.stringify(sent().request['contents']);
      expect(contents).toContain(JSON.stringify(writeCall('{"note":"a"}')).slice(1, -1));
      expect(contents).toContain(MCP_RESULT);
      expect(contents).not.toMatch(/functionCall|functionResponse/u);
    });
  });

  it.each(CASES)('[API-7] gemini as one JSON array: $title', async ({ said, text, inputs }) => {
    say(said);
    const fields = buildMcpFields('gemini', false);
    const answer = await callWire(site.at('xml').gateway, 'gemini', {
      stream: true,
      query: '',
      model: MCP_MODEL,
      key: keyOf('xml'),
      fields,
    });
    expect(answer.headers.get('content-type')).toContain('application/json');
    const chunks = (await answer.json()) as object[];
    const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('');
    const read = readAnswer('gemini', events, true);
    expect(read.tools).toEqual(inputs.map((input) => ({ name: MCP_TOOL, input })));
    expect([read.text.trimEnd(), read.finish]).toEqual([text.trimEnd(), 'STOP']);
  });

  it('[API-7] a body that a worker translates, and one it leaves as it is', async () => {
    const contents = [{ role: 'user', parts: [{ text: 'mcp__ '.repeat(20_000) }] }];
    say(call({ note: 'a' }));
    const answer = await ask('gemini', { fields: { contents } });
    expect(readAnswer('gemini', await answer.text(), false).tools).toHaveLength(1);
    const bare = await ask('gemini', { fields: { contents, tools: [] } });
    expect([bare.status, sent().request['contents']]).toEqual([200, contents]);
  });

  it('[API-3] what a Gemini client says beside its tools goes on; what the envelope has no room for is named', async () => {
    const fields = {
      generationConfig: {
        temperature: 0.5,
        brandNew: { a: [1] },
        candidateCount: 1,
        responseLogprobs: false,
      },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
      cachedContent: 'cachedContents/1',
      labels: { a: 'b' },
      neverHeardOf: true,
    };
    for (const tools of [undefined, []]) {
      const answer = await ask('gemini', { fields: { ...fields, ...(tools && { tools }) } });
      const { safetySettings: _, ...kept } = fields;
      expect(sent().request).toMatchObject(kept);
      expect(Object.keys(sent().request)).not.toContain('safetySettings');
      expect(answer.headers.get('x-tollgate-dropped')).toBe('safety');
    }
    const usual = await ask('gemini', {});
    expect(usual.headers.get('x-tollgate-dropped')).toBeNull();
  });

  it.each([
    [
      'xml',
      '{ "contents" : [{"parts":[{"text":"caf\\u00e9 mcp_ 1.0"}]}],\t"generationConfig":{"temperature":1.0} }',
    ],
    [
      'xml',
      '{"contents":[{"parts":[{"text":"mcp__notes__read  "}]}], "tools":[{"functionDeclarations":[{"name":"ls"}]}]}',
    ],
    [
      'plain',
      '{"contents":[{"parts":[{"text":"x"}]}], "tools":[ {"functionDeclarations":[{"name":"mcp__notes__read"}]}]}',
    ],
  ] as const)('[API-2] group %s: the bytes %s stay in the envelope', async (group, body) => {
    const said = `Look: ${call({ note: 'a' })}`;
    say(said);
    const answer = await callWire(site.at('xml').gateway, 'gemini', {
      model: MCP_MODEL,
      key: keyOf(group),
      body,
    });
    expect(readAnswer('gemini', await answer.text(), false)).toMatchObject({ text: said, tools: [] });
    expect(String(site.simulator.requests.at(-1)?.body)).toContain(body.slice(1));
  });

  it('[REQ-2] [API-7] a stream that breaks inside a call is no success, and shows no half of it', async () => {
    for (const client of WIRE) {
      site.simulator.setScript(() => ({
        text: `Well. ${call({ note: 'a'.repeat(200) })}`,
        errorEventAfter: 5,
      }));
      const body = await (await ask(client, { stream: true })).text();
      expect(body).not.toMatch(/<mcp__|\[DONE\]|message_stop|response\.completed|"finishReason"/u);
      await site.reset();
    }
  });
});

function expectConformance(client: Wire, body: string): void {
  const checker = createConformanceChecker(client, { includesUsage: false });
  checker.push(Buffer.from(body));
  checker.end();
  expect(checker.problems).toEqual([]);
}
