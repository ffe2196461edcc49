/** Under these a client's own words stand, which are not Google's to spell. */
const FOREIGN = new Set([
  'args',
  'response',
  'parametersJsonSchema',
  'responseJsonSchema',
  'properties',
  'labels',
]);

/** Google takes `snake_case` and `camelCase` at every level: the body in camelCase. */
export function camelBody(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelBody);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = key.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase());
      return [
        name,
        FOREIGN.has(name) && name !== 'properties'
          ? field
          : name === 'properties'
            ? camelFields(field)
            : camelBody(field),
      ];
    }),
  );
}

/** The names of fields stay, their schemas are Google's. */
function camelFields(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return fields;
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, camelBody(field)]));
}
