import type { ToolChoice } from '../conversation/conversation-request.ts';
import type { CallDemand } from './build-instruction.ts';
import { isXmlTool } from './xml-names.ts';

export interface SplitToolChoice {
  /** What is left for the tools that stay functions. */
  choice: ToolChoice | null;
  /** Whether an MCP tool may be called. */
  offers(name: string): boolean;
  demand: CallDemand;
}

const NONE: ToolChoice = { mode: 'none', names: null };
const AUTO: ToolChoice = { mode: 'auto', names: null };

/**
 * A choice of tools, of which MCP tools are no functions any more: who demands a call that may be one in XML cannot
 * force the model to a function, and tells it in words.
 */
export function splitToolChoice(choice: ToolChoice | null): SplitToolChoice {
  if (choice === null) return { choice, offers: isXmlTool, demand: null };
  const { mode, names } = choice;
  if (mode === 'none') return { choice, offers: () => false, demand: null };
  if (names === null) {
    const isDemanded = mode === 'any';
    return { choice: isDemanded ? AUTO : choice, offers: isXmlTool, demand: isDemanded ? 'any' : null };
  }
  const xml = names.filter(isXmlTool);
  if (xml.length === 0) return { choice, offers: () => false, demand: null };
  const others = names.filter((name) => !isXmlTool(name));
  return {
    choice: others.length === 0 ? NONE : { mode: 'auto', names: others },
    offers: (name) => xml.includes(name),
    demand: mode === 'any' ? names : null,
  };
}
