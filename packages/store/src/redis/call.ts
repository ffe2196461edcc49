import type { StoreUnavailableError } from '../port.ts';
import type { Script } from './scripts.ts';

/** One command of a pipeline: a script with its keys and arguments, or a plain command. */
export type Call =
  | { script: Script; keys: readonly string[]; args: readonly (string | number)[] }
  | { command: string; args: readonly (string | number)[] };

/** What one call gave: Redis's reply, or the fault that kept it away. */
export type Reply = { value: unknown } | { fault: StoreUnavailableError };

export type OnCallReplies = (replies: Reply[]) => void;
