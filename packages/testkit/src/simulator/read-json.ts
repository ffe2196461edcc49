/** Loose reading of what a client sent: what is of another type counts as empty. */
export function readObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function readArray(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
