import { vi } from 'vitest';

/** `vi.waitFor` gives up after a second, which a loaded machine needs for itself. What comes true ends the wait as before. */
const TIMEOUT_MS = 30_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) =>
  waitFor(callback, {
    timeout: TIMEOUT_MS,
    ...(typeof options === 'number' ? { timeout: options } : options),
  });
