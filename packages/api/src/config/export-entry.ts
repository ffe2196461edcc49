import { isDeepStrictEqual } from 'node:util';
import { toSnakeCase } from './to-snake-case.ts';

export type ExportEntry = Record<string, unknown>;

export interface ExportOptions {
  /** Fields that have their default are there as well: applying then also undoes what was changed since. */
  full: boolean;
}

export interface ExportSource {
  /** What tells the object from others, first in the entry. */
  named: ExportEntry;
  /** The object as the API shows it. */
  fields: object;
  /** The fields of the file, in its order, with their defaults. */
  defaults: ExportEntry;
  /** Fields that the API shows in another form. */
  links?: ExportEntry;
}

/** One object as a file says it. */
export function buildExportEntry(source: ExportSource, { full }: ExportOptions): ExportEntry {
  const { named, defaults } = source;
  const fields = new Map(
    Object.entries({ ...renameFields(source.fields), ...source.links }).map(([name, value]) => [
      name,
      name === 'deadlines' ? renameFields(value as object) : value,
    ]),
  );
  const shown = Object.entries(defaults)
    .map(([name, standard]) => ({ name, standard, value: fields.get(name) }))
    .filter(({ standard, value }) => value !== undefined && (full || !isDeepStrictEqual(value, standard)));
  return { ...named, ...Object.fromEntries(shown.map(({ name, value }) => [name, value])) };
}

/** In the file's words. */
export function renameFields(fields: object): ExportEntry {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [toSnakeCase(name), value]));
}
