/** A tool as a Responses client knows it. */
export interface NamespacedTool {
  name: string;
  namespace: string;
}

const MCP_PREFIX = 'mcp__';
const SEPARATOR = '__';

/** The names of a request's tools, where those in namespaces go by one name each: other protocols have no namespaces. */
export class ToolNames {
  readonly #known = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly namespaced: Record<string, NamespacedTool> = {};

  /**
   * The tool's own name, or one with its namespace in front where another tool has that name, and always for tools of
   * MCP servers: only with it are they known as such (API-7).
   */
  select(name: string, namespace: string | null): string {
    const key = JSON.stringify([namespace, name]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const isJoined = namespace !== null && (namespace.startsWith(MCP_PREFIX) || this.#taken.has(name));
    const selected = isJoined ? joinName(namespace, name) : name;
    this.#known.set(key, selected);
    this.#taken.add(selected);
    if (namespace !== null) this.namespaced[selected] = { name, namespace };
    return selected;
  }
}

/** Codex ends the namespace of an MCP server with the separator. */
function joinName(namespace: string, name: string): string {
  return namespace.endsWith(SEPARATOR) ? namespace + name : namespace + SEPARATOR + name;
}
