const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/u;

/**
 * A moment as `anthropic-ratelimit-*-reset` has it (`2026-11-21T12:00:30Z`, RFC 3339), as ms since 1970 UTC.
 * null for anything else; a text without a zone is no moment.
 */
export function parseRfc3339Ms(text: string): number | null {
  const trimmed = text.trim();
  if (!RFC_3339.test(trimmed)) return null;
  const atMs = Date.parse(trimmed.replace(' ', 'T').toUpperCase());
  return Number.isNaN(atMs) ? null : atMs;
}
