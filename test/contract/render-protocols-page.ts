import { TRANSLATION_POLICY, WIRE_PROTOCOLS, type PolicyRow, type WireProtocol } from '@tollgate/translate';

const NAMES: Record<WireProtocol, string> = {
  messages: 'Messages',
  chat: 'Chat',
  responses: 'Responses',
  gemini: 'Gemini',
};

const INTRODUCTION = [
  '# Protocols',
  '',
  '<!-- Written by `npm run docs` from the table that the translators ask (packages/translate/src/policy). -->',
  '',
  'Each of Anthropic Messages, OpenAI Chat Completions, OpenAI Responses and Gemini goes to each upstream. The same',
  'protocol on both sides passes byte by byte. Across protocols a message is decoded into one neutral conversation and',
  'built again in the words of the other side:',
  '',
  '```',
  'request   client ──decode──▶ conversation ──build──▶ upstream',
  'answer    client ◀──build─── answer ◀────decode──── upstream',
  'stream    client ◀──writer── one call an event ◀──reader── upstream',
  '```',
  '',
  'Code Assist (gemini-cli with a Google account, Antigravity) is an envelope around Gemini.',
  '',
  'What becomes of each feature stands below, and nowhere else:',
  '',
  '- **kept**: goes on as it is, in the words of the target;',
  '- **translated**: goes on as something else that means the same;',
  '- **dropped**: left out; the header `x-tollgate-dropped` names it (not for streamed answers, whose headers are gone);',
  '- **refused**: a 400 that names the field in the words of the client.',
  '',
  'Fields that this version does not know are dropped by their own names; kinds of content that it does not know are',
  'refused. A model may take less than its protocol: what the upstream is known to refuse for that model (sampling of',
  'reasoning models, thinking beside a forced tool) is dropped as well, and named.',
  '',
  'In production `TOLLGATE_STREAM_CHECK_PERCENT` holds a sample of the streamed answers, translated or passed, against the',
  'protocol of their client; what is not as it should be is logged with its rule, without content.',
  '',
  'Each cell is one test of `packages/translate/src/policy/policy.test.ts`, named by its feature, its pair and what',
  'becomes of it, like:',
];

const STREAM_ONLY = [
  '## Upstreams that only stream',
  '',
  'The hosts behind OpenAI’s tokens speak Responses, but only as a stream, and keep nothing. A request for one of them,',
  'of a Responses client or translated, is changed by splicing and stays byte by byte the same elsewhere:',
  '',
  '| Field | What becomes of it |',
  '| --- | --- |',
  '| `stream` | always `true`; a client that asked for a plain answer gets one, gathered from the stream |',
  '| `store` | always `false`; a `true` of the client is **dropped** |',
  '| `instructions` | `""` where there are none |',
  '| `input` | a text becomes the list of one user message that it is short for; the role `system` becomes `developer` |',
  '| `max_output_tokens`, `temperature`, `top_p`, `truncation`, `metadata`, `user`, `safety_identifier`, `prompt_cache_retention` | **dropped**: the host refuses them |',
  '| `previous_response_id`, `conversation` | **refused**: without what was said before it would be another question |',
  '',
  'What is dropped is named by these names, whatever the client speaks.',
];

const CODE_ASSIST = [
  '## Code Assist',
  '',
  "A Gemini client's request passes inside the envelope byte by byte. Antigravity has no room for safety settings there:",
  'they are left out, and `x-tollgate-dropped: safety` says so.',
  '',
  '**Counts.** Anthropic and Google count whole requests, also those of clients of the other. The own `:countTokens` of Code',
  'Assist takes the conversation alone. It counts that for Messages and Gemini clients; system text and tools stand in',
  'front of it as texts of the user, and the answer then carries `x-tollgate-estimate: 1`, as does one that leaves out what',
  'lies cached at Google. Whatever a translated count gets but a count, the client gets our own estimate by size with the',
  'same label, at once; a refused token is refreshed once before.',
  'Such a failure is not held against the account, but for a token that stays refused',
  '([why](decisions/0021-code-assist-counts-and-mcp-tools.md)).',
  '',
  '**MCP tools in XML** (`mcp_xml_inject` of an antigravity group). Where a request of any protocol declares tools whose',
  'names begin with `mcp__`:',
  '',
  '- they are declared no more: behind the system text stands how they are called, each with its description and schema;',
  '- in the history, their calls are the XML that the model would write, and their results `<tool_result name="…">` texts;',
  '- a choice of tools that demands one is told in words; one that excludes them leaves them out;',
  "- `<mcp__server__tool>{…}</mcp__server__tool>` in the answer's text is a tool call for the client, streamed or not. The",
  '  arguments are one JSON object; where they are none as they stand, CDATA and entities are undone. Everything else that',
  '  looks like a call (no JSON, no end, another tool, more than 1 MiB) stays text.',
  '',
  "A Gemini client's own body is edited for that, with all its other fields; without such tools its bytes stay.",
];

/** docs/protocols.md, from the policy of translation. */
export function renderProtocolsPage(): string {
  const isAnswer = ({ feature }: PolicyRow): boolean => feature.startsWith('answer-');
  const example = TRANSLATION_POLICY[0]?.test ?? '';
  return [
    ...INTRODUCTION,
    '',
    `    ${example}`,
    '',
    '## Requests: from the client to the upstream',
    '',
    ...renderTable(TRANSLATION_POLICY.filter((row) => !isAnswer(row))),
    '',
    '## Answers: from the upstream to the client',
    '',
    'Nothing of an answer is refused.',
    '',
    ...renderTable(TRANSLATION_POLICY.filter(isAnswer)),
    '',
    ...STREAM_ONLY,
    '',
    ...CODE_ASSIST,
    '',
  ].join('\n');
}

function renderTable(rows: readonly PolicyRow[]): string[] {
  const head = ['Feature', 'From', ...WIRE_PROTOCOLS.map((to) => `to ${NAMES[to]}`), 'How'];
  const features = [...new Set(rows.map(({ feature }) => feature))];
  const lines = features.flatMap((feature) => renderFeature(rows.filter((row) => row.feature === feature)));
  return [renderLine(head), renderLine(head.map(() => '---')), ...lines];
}

/** One line for each protocol that has the feature. */
function renderFeature(rows: readonly PolicyRow[]): string[] {
  return [...new Set(rows.map(({ from }) => from))].map((from) => {
    const cells = WIRE_PROTOCOLS.map(
      (to) => rows.find((row) => row.from === from && row.to === to)?.handling,
    );
    const [first] = rows;
    return renderLine([
      `\`${first?.feature}\``,
      NAMES[from],
      ...cells.map((cell) => cell ?? '–'),
      first?.note ?? '',
    ]);
  });
}

function renderLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
