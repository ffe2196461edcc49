/** Without the fields that are undefined: stored JSON has none either, so comparisons hold. */
export function dropAbsent<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
