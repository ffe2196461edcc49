import { QUOTE } from './ascii.ts';
import { buildFieldTable, scanObjectFields } from './scan-object-fields.ts';
import { spliceModel } from './splice-model.ts';

const FIELDS = buildFieldTable(['model']);

/**
 * The body with its top-level `model` replaced. What has none, has one that is no string, or is not a JSON
 * object comes back as it is: the same buffer. Takes answers of `/v1/messages`, chat and responses alike.
 */
export function rewriteJsonAnswerModel(body: Buffer, newModel: string): Buffer {
  const scan = scanObjectFields(body, FIELDS);
  const ranges = scan.ok ? (scan.found[0] ?? []) : [];
  const names = ranges.filter((range) => body[range.start] === QUOTE);
  return names.length === 0 ? body : spliceModel(body, names, newModel);
}
