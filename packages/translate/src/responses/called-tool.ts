import { isObject } from '../json/json-object.ts';
import type { CallFacts } from './output-items.ts';

/** A tool that stands in a namespace: a call of it has to name both. */
export interface NamespacedTool {
  name: string;
  namespace: string;
}

/** How calls of the tools are written, by the names that the upstream knows. */
export interface CalledTools {
  /** Tools that take free text, whose calls are items of another type. */
  customTools: readonly string[];
  namespacedTools: Readonly<Record<string, NamespacedTool>>;
}

/** The item of a call of `tool`. Codex takes a call without its namespace for one of an unknown tool. */
export function buildCallFacts(
  { id, callId, name }: Omit<CallFacts, 'namespace'>,
  { namespacedTools }: CalledTools,
): CallFacts {
  const tool = Object.hasOwn(namespacedTools, name) ? namespacedTools[name] : undefined;
  return tool === undefined
    ? { id, callId, name }
    : { id, callId, name: tool.name, namespace: tool.namespace };
}

/** What of plain data has that shape. */
export function readNamespacedTools(value: unknown): Record<string, NamespacedTool> {
  const found: Record<string, NamespacedTool> = {};
  for (const [key, tool] of Object.entries(isObject(value) ? value : {})) {
    if (!isObject(tool)) continue;
    const { name, namespace } = tool;
    if (typeof name === 'string' && typeof namespace === 'string') found[key] = { name, namespace };
  }
  return found;
}
