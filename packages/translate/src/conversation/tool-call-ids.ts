const LEGAL_ID = /^[a-zA-Z0-9_-]{1,40}$/u;
const ILLEGAL_CHARACTER = /[^a-zA-Z0-9_-]/gu;
const KEPT_CHARS = 26;

/** A call as its result has to name it. */
export interface CallRef {
  id: string;
  name: string;
}

/**
 * The tool calls of one history, in order: gives each an id that every protocol takes (Anthropic wants
 * `^[a-zA-Z0-9_-]+$`, OpenAI at most 40 characters) and that no other call has, and finds the call of a result. The
 * same history always gets the same ids, as prompt caches and later turns of it depend on them.
 */
export class ToolCallIds {
  readonly #taken = new Set<string>();
  /** How often an id was taken already, so that many equal ones cost no search. */
  readonly #copies = new Map<string, number>();
  /** By the client's id, the latest call of that id. */
  readonly #byId = new Map<string, CallRef>();
  readonly #byName = new Map<string, Set<CallRef>>();
  #made = 0;

  /** `id` null or empty = the client's protocol gave none. Returns the id to go on with. */
  add(id: string | null, name: string): string {
    const isGiven = id !== null && id !== '';
    const call = { id: this.#takeFree(isGiven ? fitToolId(id) : `call_${this.#made}`), name };
    if (isGiven) this.#byId.set(id, call);
    else this.#made += 1;
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, new Set([call]));
    else named.add(call);
    return call.id;
  }

  /** The call that a result with this id answers; null = there is none, or it has its answer. */
  answer(id: string): CallRef | null {
    return this.#close(this.#byId.get(id));
  }

  /** Whether a call has had this id from the client. */
  hasId(id: string): boolean {
    return this.#byId.has(id);
  }

  /** The first call of this name without an answer, as Gemini pairs them. */
  answerNamed(name: string): CallRef | null {
    return this.#close(this.#byName.get(name)?.values().next().value);
  }

  /** An open call is in the set of its name. */
  #close(call: CallRef | undefined): CallRef | null {
    if (call === undefined) return null;
    return this.#byName.get(call.name)?.delete(call) === true ? call : null;
  }

  /** Some clients count calls from 0 in each turn. */
  #takeFree(wanted: string): string {
    let id = wanted;
    while (this.#taken.has(id)) {
      const copies = (this.#copies.get(wanted) ?? 1) + 1;
      this.#copies.set(wanted, copies);
      id = `${wanted.slice(0, KEPT_CHARS)}_${copies}`;
    }
    this.#taken.add(id);
    return id;
  }
}

/** The id itself where every protocol takes it, else one made of it: the same each time. */
export function fitToolId(id: string): string {
  if (LEGAL_ID.test(id)) return id;
  return `${id.replace(ILLEGAL_CHARACTER, '_').slice(0, KEPT_CHARS)}_${hashText(id)}`;
}

/** FNV-1a, 32 bits: two ids of one history that differ only behind the cut must not become one. */
function hashText(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
