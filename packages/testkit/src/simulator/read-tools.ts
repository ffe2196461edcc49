import type { RecordedRequest } from './recorded-request.ts';
import { readArray, readObject } from './read-json.ts';

/** What a client says its tool came to, in whichever protocol; texts only. */
export interface SimulatedToolResult {
  /** By which it names the call: an id, or Google's function name. */
  callName: string;
  text: string;
}

/** The names of the tools that a request offers, those of Codex's `additional_tools` and namespaces too. */
export function listOfferedTools({ json }: RecordedRequest): string[] {
  const body = readObject(json);
  const items = readArray(body['input']).flatMap((item) => readArray(readObject(item)['tools']));
  return [...readArray(body['tools']), ...items].flatMap(listToolNames);
}

function listToolNames(tool: unknown): string[] {
  const { name, function: called, functionDeclarations, tools } = readObject(tool);
  const names = [name, readObject(called)['name']].filter((each) => typeof each === 'string');
  return [...names, ...[...readArray(functionDeclarations), ...readArray(tools)].flatMap(listToolNames)];
}

/** All results in the conversation, oldest first. */
export function listToolResults({ json }: RecordedRequest): SimulatedToolResult[] {
  const body = readObject(json);
  const turns = [body['messages'], body['input'], body['contents']].flatMap(readArray).map(readObject);
  const blocks = turns.flatMap(({ content, parts }) => [content, parts].flatMap(readArray));
  return [...turns, ...blocks].flatMap(readResult);
}

function readResult(value: unknown): SimulatedToolResult[] {
  const item = readObject(value);
  const { type, role, functionResponse } = item;
  if (type === 'tool_result') return buildResult(item['tool_use_id'], item['content']);
  if (role === 'tool') return buildResult(item['tool_call_id'], item['content']);
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return buildResult(item['call_id'], item['output']);
  if (functionResponse === undefined) return [];
  const { name, response } = readObject(functionResponse);
  return buildResult(name, Object.values(readObject(response)));
}

function buildResult(callName: unknown, content: unknown): SimulatedToolResult[] {
  return [{ callName: String(callName), text: collectText(content) }];
}

function collectText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(collectText).join('');
  const { text } = readObject(content);
  return typeof text === 'string' ? text : '';
}
