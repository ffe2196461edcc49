/**
 * The names under which a model is looked up, first the one that was asked for. Beside exact names and listed
 * aliases these are the only rules; nothing is ever matched by likeness:
 * 1. `models/` in front (Gemini's resource name) is taken off;
 * 2. `-latest` at the end is taken off;
 * 3. a date at the end (`-20250929`, `@20250929`, `-2025-08-07`) is taken off.
 */
export function selectModelNames(model: string): string[] {
  const bare = model.startsWith('models/') ? model.slice('models/'.length) : model;
  const undated = bare.replace(/-latest$/, '').replace(/(?:[-@]20\d{6}|-20\d{2}-\d{2}-\d{2})$/, '');
  return [...new Set([model, bare, undated])].filter((name) => name !== '');
}
