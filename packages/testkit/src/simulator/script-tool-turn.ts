import { listOfferedTools, listToolResults } from './read-tools.ts';
import type { SimulatedToolCall } from './script.ts';
import type { ScriptSource } from './select-script.ts';

/**
 * A model that makes `calls` when a request offers all of their tools, and, once results have come back, says what
 * they were. Whatever else a client asks beside (titles, topics, routing) is echoed as ever.
 */
export function scriptToolTurn(...calls: SimulatedToolCall[]): ScriptSource {
  return (request) => {
    const results = listToolResults(request);
    if (results.length > 0) return { text: `The tool says: ${results.map(({ text }) => text).join(' | ')}` };
    const offered = new Set(listOfferedTools(request));
    return calls.every(({ name }) => offered.has(name)) ? { toolCalls: calls } : null;
  };
}
