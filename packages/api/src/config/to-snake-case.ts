/** A field of the API as the file spells it: `queueMax` → `queue_max`, `limit5h` → `limit_5h`. */
export function toSnakeCase(name: string): string {
  return name
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replaceAll(/(?<=[a-z])\d/g, (digit) => `_${digit}`);
}
