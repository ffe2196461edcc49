import { findChromium } from './launch-chromium.ts';

/** Ahead of all tests: an installation beside them keeps the machine's disk from what they wait for. */
export default function setup(): void {
  findChromium();
}
