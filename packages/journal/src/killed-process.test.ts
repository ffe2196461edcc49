import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeOutcome } from '@tollgate/core';
import { JournalFolder } from './testing/journal-folder.ts';

const CHILD = fileURLToPath(new URL('testing/append-until-killed.ts', import.meta.url));
const KILLS = 20;
/** What one write of the child promises, at most. */
const OPENED_TOGETHER = 4;

/** Runs the child on `dir`, kills it (-9) after a random time, and returns what it had been promised. */
async function runAndKill(dir: string, life: number): Promise<string[]> {
  const child = spawn(process.execPath, [CHILD, dir, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ready = once(reader, 'line');
  const gone = once(reader, 'close');
  await ready;
  await sleep(Math.random() * 60);
  child.kill('SIGKILL');
  await gone;
  return lines;
}

describe('a killed process', () => {
  it('[MON-5] [MON-6] loses nothing that the journal took, over 20 kills', { timeout: 120_000 }, async () => {
    using folder = new JournalFolder();
    const opened = new Set<string>();
    const closed = new Map<string, string>();
    for (let life = 0; life < KILLS; life += 1) {
      for (const line of await runAndKill(folder.dir, life)) {
        if (line.startsWith('o ')) opened.add(line.slice(2));
        // The kill can cut the last line of the pipe, never one before it.
        const outcome = line.startsWith('c ') ? decodeOutcome(line.slice(2)) : null;
        if (outcome) closed.set(outcome.attemptId, line.slice(2));
      }
    }
    expect(closed.size).toBeGreaterThan(KILLS * 10);

    const journal = await folder.open({ segmentBytes: 20_000, lockWaitMs: 5_000 });
    await journal.stop({ shipWithinMs: 20_000 });
    const { rows } = folder.sink;
    for (const [id, payload] of closed) expect(rows.get(id)).toEqual(decodeOutcome(payload));
    const unpromised = [...opened].filter((id) => !closed.has(id) && rows.get(id)?.state !== 'unknown');
    for (const id of unpromised) expect(rows.get(id)?.state).toBe('settled');
    // A kill can fall between a write and its promises, once in each life: no more surprises than that.
    expect(rows.size - opened.size + unpromised.length).toBeLessThanOrEqual(KILLS * OPENED_TOGETHER);
    expect(folder.alarms).toEqual([]);
  });
});
