import type { AnswerContext } from './answer-context.ts';

/** What an upstream takes as a tool's name. */
export interface ToolNameRule {
  legal: RegExp;
  /** What is replaced by `_`, with the flag `g`. */
  illegal: RegExp;
  charsMax: number;
}

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools */
export const OPENAI_NAMES: ToolNameRule = {
  legal: /^[a-zA-Z0-9_-]{1,64}$/u,
  illegal: /[^a-zA-Z0-9_-]/gu,
  charsMax: 64,
};

const HASH_CHARS = 8;

/**
 * The name itself where the upstream takes it, else one made of it, the same each time; `context.toolNames` then
 * knows the way back.
 */
export function fitToolName(name: string, rule: ToolNameRule, { toolNames }: AnswerContext): string {
  if (rule.legal.test(name)) return name;
  const kept = name.replace(rule.illegal, '_').slice(0, rule.charsMax - HASH_CHARS - 2);
  const fitted = `t_${kept}`.slice(0, rule.charsMax - HASH_CHARS) + hashName(name);
  toolNames[fitted] = name;
  return fitted;
}

/** The client's name of a tool that the upstream has called. */
export function restoreToolName(name: string, { toolNames }: AnswerContext): string {
  return Object.hasOwn(toolNames, name) ? (toolNames[name] ?? name) : name;
}

/** FNV-1a: names that differ only behind the cut must not become one. */
function hashName(name: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(HASH_CHARS, '0');
}
