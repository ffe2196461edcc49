import { findServerBinary } from '@tollgate/testkit';
import { chromium, type Browser } from 'playwright-core';

const PROGRAM = 'chromium-headless-shell';

/** A real browser without a screen: the one that CHROMIUM_PATH names, else Debian's. Its own sandbox cannot start as root. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? findServerBinary(PROGRAM, PROGRAM);
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
