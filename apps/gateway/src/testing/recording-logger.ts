import type { Logger } from '@tollgate/core';

type Level = keyof Logger;

/** Keeps what was logged, as one text a line. */
export class RecordingLogger implements Logger {
  readonly lines: { level: Level; detail: Record<string, unknown>; message: string }[] = [];

  debug(detail: object, message: string): void {
    this.#add('debug', detail, message);
  }

  info(detail: object, message: string): void {
    this.#add('info', detail, message);
  }

  warn(detail: object, message: string): void {
    this.#add('warn', detail, message);
  }

  error(detail: object, message: string): void {
    this.#add('error', detail, message);
  }

  #add(level: Level, detail: object, message: string): void {
    this.lines.push({ level, detail: { ...detail }, message });
  }
}
