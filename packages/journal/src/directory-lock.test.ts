import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JournalLockedError, lockDirectory } from './directory-lock.ts';
import { JournalFolder } from './testing/journal-folder.ts';

const STOP = { shipWithinMs: 0 };

describe('the directory lock', () => {
  it('keeps a second journal out until the first is stopped', async () => {
    using folder = new JournalFolder();
    const first = await folder.open();
    await expect(folder.open()).rejects.toThrow(JournalLockedError);
    await expect(folder.open()).rejects.toThrow(`live process ${process.pid}`);
    await first.stop(STOP);
    const second = await folder.open();
    await second.stop(STOP);
    expect(readdirSync(folder.dir)).not.toContain('lock');
  });

  it.each([
    ['of a process that is gone', () => JSON.stringify({ pid: spawnSync('true').pid, startTicks: '1' })],
    ['of an earlier process with our pid', () => JSON.stringify({ pid: process.pid, startTicks: '1' })],
    ['that is empty', () => ''],
    ['that is garbage', () => '{"pid":-1}'],
    ['that is null', () => 'null'],
  ])('takes over a lock %s', (_, content) => {
    using folder = new JournalFolder();
    const path = join(folder.dir, 'lock');
    writeFileSync(path, content());
    const unlock = lockDirectory(path);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    unlock();
    expect(readdirSync(folder.dir)).toEqual([]);
  });

  it('gives the directory back when opening fails half-way', async () => {
    using folder = new JournalFolder();
    const logger = {
      ...folder.logger,
      info: () => {
        throw new Error('broken logger');
      },
    };
    writeFileSync(join(folder.dir, 'foreign'), '');
    await expect(folder.open({ logger })).rejects.toThrow('broken logger');
    await (await folder.open()).stop(STOP);
  });
});
