import { findRepeatedNames } from './find-repeated-names.ts';
import { mapModel, type FilePrice } from './map-model.ts';
import { isJsonObject, parseExactJson, type JsonValue } from './parse-exact-json.ts';

/** The real file has 1.5 million. */
const CHARACTERS_MAX = 8_000_000;
/** An entry that documents the others. */
const SPECIMEN = 'sample_spec';

export interface ReadFile {
  /** By model, in the file's order. */
  models: Map<string, ReadModel>;
  skipped: SkippedModel[];
  /** Field that says what something costs and that nothing was made of → in how many of the models. */
  ignoredFields: Map<string, number>;
}

export interface ReadModel {
  /** What the file calls it. */
  name: string;
  price: FilePrice;
  /** The day from which on it is no longer sold; null = unknown. */
  retiresOn: string | null;
  notes: string[];
}

export interface SkippedModel {
  name: string;
  reason: string;
}

/**
 * Reads LiteLLM's `model_prices_and_context_window.json`, digit by digit. What cannot be taken is skipped with a
 * reason. Throws RangeError when the text is no such file at all.
 */
export function readLiteLlmFile(text: string): ReadFile {
  const entries = parseEntries(text);
  const repeated = findRepeatedNames(text);
  const file: ReadFile = { models: new Map(), skipped: [], ignoredFields: new Map() };
  const contradicted = new Map<string, string>();
  for (const [name, fields] of Object.entries(entries)) {
    if (name === SPECIMEN) continue;
    if (repeated.has(name)) file.skipped.push({ name, reason: 'given twice, or with a field given twice' });
    else addModel(file, name, fields, contradicted);
  }
  return file;
}

function parseEntries(text: string): { [name: string]: JsonValue } {
  if (text.length > CHARACTERS_MAX)
    throw new RangeError(`the file has more than ${CHARACTERS_MAX} characters`);
  let value: JsonValue;
  try {
    value = parseExactJson(text);
  } catch (cause) {
    throw new RangeError('the file is not JSON', { cause });
  }
  if (!isJsonObject(value)) throw new RangeError('the file is not an object of models');
  return value;
}

/** `contradicted`: models that the file gives two prices for → the name of the first. */
function addModel(file: ReadFile, name: string, fields: JsonValue, contradicted: Map<string, string>): void {
  const { models, skipped, ignoredFields } = file;
  const mapped = mapModel(name, fields);
  if (!mapped.ok) {
    skipped.push({ name, reason: mapped.reason });
    return;
  }
  const { price, retiresOn, notes, ignored } = mapped;
  const other = models.get(price.model);
  const rival = contradicted.get(price.model);
  if (rival !== undefined) skipped.push({ name, reason: `contradicts ${rival}` });
  else if (other === undefined) {
    models.set(price.model, { name, price, retiresOn, notes });
    for (const field of ignored) ignoredFields.set(field, (ignoredFields.get(field) ?? 0) + 1);
  } else if (JSON.stringify(other.price) === JSON.stringify(price)) {
    skipped.push({ name, reason: `the same as ${other.name}` });
  } else {
    // Nobody can tell which of the two is right: the present price stays.
    contradicted.set(price.model, other.name);
    models.delete(price.model);
    skipped.push({ name: other.name, reason: `contradicts ${name}` });
    skipped.push({ name, reason: `contradicts ${other.name}` });
  }
}
