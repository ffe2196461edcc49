/** True when `pattern` ends with `*` and `model` begins with what stands before it. */
export function isPatternFor(pattern: string, model: string): boolean {
  return pattern.endsWith('*') && model.startsWith(pattern.slice(0, -1));
}
