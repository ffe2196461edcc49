import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createId, silentLogger, systemClock, type Logger } from '@tollgate/core';
import { openJournal, type JournalOptions } from '../open-journal.ts';
import type { Journal } from '../port.ts';
import { MemorySink } from './memory-sink.ts';

/** A journal directory of its own, deleted by `using`. */
export class JournalFolder {
  readonly dir = mkdtempSync(join(tmpdir(), 'tollgate-journal-'));
  readonly sink = new MemorySink();
  readonly alarms: { message: string; detail: object }[] = [];
  readonly logger: Logger = {
    ...silentLogger,
    error: (detail, message) => void this.alarms.push({ message, detail }),
  };

  open(changes: Partial<JournalOptions> = {}): Promise<Journal> {
    return openJournal({
      dir: this.dir,
      sink: this.sink,
      clock: systemClock,
      logger: this.logger,
      nodeId: createId('node', 0),
      fsyncIntervalMs: 5,
      shipIntervalMs: 2,
      backoffBaseMs: 1,
      lockWaitMs: 30,
      backoffMaxMs: 5,
      ...changes,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
