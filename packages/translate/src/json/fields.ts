import type { Findings } from '../policy/findings.ts';
import { isObject, type JsonObject } from './json-object.ts';
import { isExactNumber } from './parse-exact-json.ts';

/**
 * Reads the fields of one object of a client's request. Absent and null are the same: not said. A wrong type is a
 * refusal that names the field, and reads as not said.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #findings: Findings;

  /** `path`: where the object stands in the body, '' = it is the body. */
  constructor(object: JsonObject, path: string, findings: Findings) {
    this.#object = object;
    this.#path = path;
    this.#findings = findings;
  }

  has(key: string): boolean {
    return this.#object[key] !== undefined && this.#object[key] !== null;
  }

  raw(key: string): unknown {
    return this.#object[key] ?? null;
  }

  param(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  text(key: string): string | null {
    const value = this.raw(key);
    return typeof value === 'string' || value === null ? value : this.#refuse(key, 'a string');
  }

  /** '' after a refusal. */
  requiredText(key: string): string {
    const value = this.text(key);
    if (value === null) this.#findings.refuse(this.param(key), `${this.param(key)}: a string is required`);
    return value ?? '';
  }

  number(key: string): number | null {
    const value = this.raw(key);
    return typeof value === 'number' || value === null ? value : this.#refuse(key, 'a number');
  }

  count(key: string): number | null {
    const value = this.number(key);
    if (value === null || (Number.isInteger(value) && value >= 0)) return value;
    return this.#refuse(key, 'a whole number');
  }

  flag(key: string): boolean | null {
    const value = this.raw(key);
    return typeof value === 'boolean' || value === null ? value : this.#refuse(key, 'true or false');
  }

  object(key: string): JsonObject | null {
    const value = this.raw(key);
    if (value === null) return value;
    return isObject(value) && !isExactNumber(value) ? value : this.#refuse(key, 'an object');
  }

  /** An absent list is empty. */
  list(key: string): unknown[] {
    const value = this.raw(key);
    if (Array.isArray(value)) return value;
    if (value !== null) this.#refuse(key, 'a list');
    return [];
  }

  /** Each object of a list with its path; what is no object is refused. */
  objects(key: string): { object: JsonObject; path: string }[] {
    return this.list(key).flatMap((object, index) => {
      const path = `${this.param(key)}.${index}`;
      if (isObject(object) && !isExactNumber(object)) return [{ object, path }];
      this.#findings.refuse(path, `${path}: must be an object`);
      return [];
    });
  }

  /** The strings of a list; a lone string is a list of one. */
  texts(key: string): string[] {
    const value = this.raw(key);
    if (typeof value === 'string') return [value];
    const list = this.list(key);
    if (!list.every((entry) => typeof entry === 'string')) this.#refuse(key, 'a list of strings');
    return list.filter((entry) => typeof entry === 'string');
  }

  #refuse(key: string, wanted: string): null {
    this.#findings.refuse(this.param(key), `${this.param(key)}: must be ${wanted}`);
    return null;
  }
}
