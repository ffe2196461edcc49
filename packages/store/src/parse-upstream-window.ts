import type { UpstreamWindow } from '@tollgate/core';

/** A window as it was noted; null for none, for garbage, and for one that was reset since. */
export function parseUpstreamWindow(text: string | null, nowMs: number): UpstreamWindow | null {
  if (text === null) return null;
  try {
    const window = JSON.parse(text) as UpstreamWindow;
    return isCurrent(window, nowMs) ? window : null;
  } catch {
    return null;
  }
}

/** One that does not say when it is reset is shown until another word comes. */
export function isCurrent({ resetsAtMs }: UpstreamWindow, nowMs: number): boolean {
  return resetsAtMs === null || resetsAtMs > nowMs;
}
