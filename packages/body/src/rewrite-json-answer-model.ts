import { QUOTE } from './ascii.ts';
import { buildFieldTable, scanObjectFields } from './scan-object-fields.ts';
import { spliceModel } from './splice-model.ts';

const TABLES = {
  model: buildFieldTable(['model']),
  modelVersion: buildFieldTable(['modelVersion']),
} as const;

/**
 * The body with its top-level `model` (Gemini: `modelVersion`) replaced. What has none, has one that is no string, or is not a JSON
 * object comes back as it is: the same buffer. Takes answers of `/v1/messages`, chat and responses alike.
 */
export function rewriteJsonAnswerModel(
  body: Buffer,
  newModel: string,
  field: keyof typeof TABLES = 'model',
): Buffer {
  const scan = scanObjectFields(body, TABLES[field]);
  const ranges = scan.ok ? (scan.found[0] ?? []) : [];
  const names = ranges.filter((range) => body[range.start] === QUOTE);
  return names.length === 0 ? body : spliceModel(body, names, newModel);
}
