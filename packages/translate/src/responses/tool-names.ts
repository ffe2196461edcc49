/** A tool as a Responses client knows it. */
export interface NamespacedTool {
  name: string;
  namespace: string;
}

/** The names of a request's tools, where those in namespaces go by one name each: other protocols have no namespaces. */
export class ToolNames {
  readonly #known = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly namespaced: Record<string, NamespacedTool> = {};

  /** The tool's own name, or one with its namespace in front where another tool has that name. */
  select(name: string, namespace: string | null): string {
    const key = JSON.stringify([namespace, name]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const selected = namespace !== null && this.#taken.has(name) ? `${namespace}__${name}` : name;
    this.#known.set(key, selected);
    this.#taken.add(selected);
    if (namespace !== null) this.namespaced[selected] = { name, namespace };
    return selected;
  }
}
