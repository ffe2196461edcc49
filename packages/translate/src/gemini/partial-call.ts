import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';

/** `.name`, `[0]`, `['any name']` or `["any name"]`. */
const STEP = /\.([^.[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/uy;
const STEPS_MAX = 64;
/** A list that is filled beyond its end would have holes without number. */
const INDEX_MAX = 10_000;

type Step = string | number;
type Container = JsonObject | unknown[];

/** A function call whose arguments come in pieces, each with the place that it belongs to (JSONPath). */
export class PartialCall {
  readonly id: string | null;
  readonly name: string;
  readonly args: JsonObject = createObject();

  constructor(call: JsonObject) {
    this.id = typeof call['id'] === 'string' ? call['id'] : null;
    this.name = typeof call['name'] === 'string' ? call['name'] : '';
  }

  /** Takes the `partialArgs` of one chunk, and `args` where an upstream sends these in the end. */
  add(call: JsonObject): void {
    for (const piece of listObjects(call['partialArgs'])) this.#addPiece(piece);
    if (isObject(call['args'])) Object.assign(this.args, call['args']);
  }

  #addPiece(piece: JsonObject): void {
    const steps = parsePath(String(piece['jsonPath']));
    const last = steps?.at(-1);
    if (steps === null || last === undefined) return;
    let at: Container = this.args;
    for (let index = 0; index < steps.length - 1; index += 1) {
      at = openContainer(at, steps[index] ?? '', typeof steps[index + 1] === 'number');
    }
    const known = readAt(at, last);
    const { stringValue } = piece;
    if (typeof stringValue !== 'string') return writeAt(at, last, readScalar(piece));
    writeAt(at, last, typeof known === 'string' ? known + stringValue : stringValue);
  }
}

/** null = not a path of ours. */
function parsePath(path: string): Step[] | null {
  if (!path.startsWith('$')) return null;
  const steps: Step[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < path.length) {
    const found = STEP.exec(path);
    if (found === null || steps.length === STEPS_MAX) return null;
    const [, name, index, quoted, doubled] = found;
    if (index === undefined) steps.push(name ?? unescape(quoted ?? doubled ?? ''));
    else if (Number(index) > INDEX_MAX) return null;
    else steps.push(Number(index));
  }
  return steps;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gu, '$1');
}

function openContainer(at: Container, step: Step, isList: boolean): Container {
  const known = readAt(at, step);
  if (Array.isArray(known) || isObject(known)) return known;
  const made: Container = isList ? [] : createObject();
  writeAt(at, step, made);
  return made;
}

function readAt(at: Container, step: Step): unknown {
  if (Array.isArray(at)) return at[Number(step)];
  return at[String(step)];
}

function writeAt(at: Container, step: Step, value: unknown): void {
  if (!Array.isArray(at)) at[String(step)] = value;
  else if (typeof step === 'number') at[step] = value;
}

function readScalar(piece: JsonObject): unknown {
  return piece['numberValue'] ?? piece['boolValue'] ?? null;
}

/** Without a prototype, so that every name is a name. */
function createObject(): JsonObject {
  return Object.create(null) as JsonObject;
}
