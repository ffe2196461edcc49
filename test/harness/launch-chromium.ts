import { findServerBinary } from '@tollgate/testkit';
import { chromium, type Browser } from 'playwright-core';

const PROGRAM = 'chromium-headless-shell';

/** The program that CHROMIUM_PATH names, else Debian's. */
export function findChromium(): string {
  return process.env['CHROMIUM_PATH'] ?? findServerBinary(PROGRAM, PROGRAM);
}

/** A real browser without a screen. Its own sandbox cannot start as root. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
