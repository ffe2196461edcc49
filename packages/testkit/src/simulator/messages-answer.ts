import type { MessagesRequest } from './messages-request.ts';
import type { Script, SimulatedToolCall } from './script.ts';

/** One token for four UTF-16 units, at least one: so a test can work out the bill of any request. */
export function countSimulatedTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/**
 * The usage of a request's answer before a script changes it: `input_tokens` counts the unmarked text of
 * system, messages and tools (tools as JSON); `cache_read_input_tokens` the text of blocks with
 * `cache_control` (0 when there is none); `output_tokens` the answer's text, or the tool's input as JSON.
 */
export interface SimulatedUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  service_tier: string;
  output_tokens: number;
}

export type MessagesBlock =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string; name: string; input: object };

export interface MessagesAnswer {
  id: string;
  model: string;
  blocks: MessagesBlock[];
  stopReason: 'end_turn' | 'max_tokens' | 'tool_use';
  usage: SimulatedUsage;
  usageChanges: Record<string, unknown>;
}

const POEM =
  'Over the wire the tokens go,\nsome are quick and some are slow.\nCount them, gate, and let them flow.';
const UNITS_PER_TOKEN = 4;

export function buildMessagesAnswer(
  request: MessagesRequest,
  script: Script,
  number: number,
): MessagesAnswer {
  const { blocks, stopReason } = buildBlocks(request, script, number);
  const said = blocks.map((block) => (block.type === 'text' ? block.text : JSON.stringify(block.input)));
  return {
    id: `msg_sim${String(number).padStart(8, '0')}`,
    model: request.model,
    blocks,
    stopReason,
    usage: { ...countInput(request), output_tokens: countSimulatedTokens(said.join('')) },
    usageChanges: script.usage ?? {},
  };
}

/** The input side, alone: what count_tokens answers is its sum. */
export function countInput(request: MessagesRequest): Omit<SimulatedUsage, 'output_tokens'> {
  return {
    input_tokens: countSimulatedTokens(request.plainText),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: request.cachedText === '' ? 0 : countSimulatedTokens(request.cachedText),
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    service_tier: 'standard',
  };
}

/** The plain form: the same message that the stream adds up to. */
export function buildMessageJson(answer: MessagesAnswer): object {
  return {
    model: answer.model,
    id: answer.id,
    type: 'message',
    role: 'assistant',
    content: answer.blocks,
    stop_reason: answer.stopReason,
    stop_sequence: null,
    usage: { ...answer.usage, ...answer.usageChanges },
  };
}

type Turn = Pick<MessagesAnswer, 'blocks' | 'stopReason'>;

function buildBlocks(request: MessagesRequest, script: Script, number: number): Turn {
  if (script.toolCalls !== undefined) return buildToolTurn(script.toolCalls, script.text, number);
  if (request.forcedTool === null) return buildText(request, script);
  const input = { query: request.lastUserText, limit: 3 };
  return buildToolTurn([{ name: request.forcedTool, input }], undefined, number);
}

function buildText(request: MessagesRequest, script: Script): Turn {
  const whole = script.text ?? (request.lastUserText === '' ? POEM : `You said: ${request.lastUserText}`);
  const text = whole.slice(0, Math.max(1, request.max_tokens) * UNITS_PER_TOKEN);
  return { blocks: [{ type: 'text', text }], stopReason: text === whole ? 'end_turn' : 'max_tokens' };
}

function buildToolTurn(calls: readonly SimulatedToolCall[], text: string | undefined, number: number): Turn {
  const blocks = calls.map(({ name, input }, index): MessagesBlock => ({
    type: 'tool_use',
    id: `toolu_sim${String(number).padStart(8, '0')}${index === 0 ? '' : `_${index}`}`,
    name,
    input: typeof input === 'string' ? { input } : input,
  }));
  return {
    blocks: text === undefined ? blocks : [{ type: 'text', text }, ...blocks],
    stopReason: 'tool_use',
  };
}
