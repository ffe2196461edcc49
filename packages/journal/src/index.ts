export { JournalLockedError } from './directory-lock.ts';
export { type DiskPort } from './disk.ts';
export { openJournal, type JournalOptions } from './open-journal.ts';
export { JournalFullError, type Journal, type JournalStatus, type UsageSink } from './port.ts';
