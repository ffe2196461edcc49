import type { Word } from './encode-command.ts';
import type { RedisAddress } from './parse-redis-url.ts';
import { RespError, type RespOutcome } from './reply.ts';

export type HandshakeVerdict =
  | { kind: 'ready' }
  | { kind: 'again' }
  | { kind: 'refused'; code: string; message: string };

interface Step {
  command: readonly Word[];
  isRefusal(message: string): boolean;
}

/** Redis is there and may answer soon: it loads its data, runs a long script, or waits for its primary. */
const LATER = /^(?:LOADING|BUSY|MASTERDOWN)\b/;

/** Redis has no password and was given one: no reason to stay away. */
const NEEDLESS_PASSWORD = /without any password configured|no password is set/;

/** Names are a courtesy: older servers and strict ACLs refuse them. */
const isNever = (): boolean => false;

/** What is said on a new connection, in one write; the last is a PING. */
export class Handshake {
  readonly #steps: Step[] = [];

  constructor({ username, password, db }: RedisAddress, connectionName: string) {
    if (password !== null) {
      const command = username === null ? ['AUTH', password] : ['AUTH', username, password];
      this.#steps.push({ command, isRefusal: (message) => !NEEDLESS_PASSWORD.test(message) });
    }
    // Going on in another database would mix the keys of two installations.
    if (db !== 0) this.#steps.push({ command: ['SELECT', db], isRefusal: () => true });
    this.#steps.push({ command: ['CLIENT', 'SETNAME', connectionName], isRefusal: isNever });
    this.#steps.push({ command: ['CLIENT', 'SETINFO', 'LIB-NAME', 'tollgate'], isRefusal: isNever });
  }

  get commands(): readonly (readonly Word[])[] {
    return [...this.#steps.map((step) => step.command), ['PING']];
  }

  /** `replies`: one for each command. A refusal names the command's first word, and never its arguments. */
  judge(replies: readonly RespOutcome[]): HandshakeVerdict {
    for (const [index, { command, isRefusal }] of this.#steps.entries()) {
      const reply = replies[index];
      if (!(reply instanceof RespError)) continue;
      if (LATER.test(reply.message)) return { kind: 'again' };
      if (isRefusal(reply.message)) {
        return { kind: 'refused', code: String(command[0]), message: reply.message };
      }
    }
    return judgePing(replies[this.#steps.length]);
  }
}

/** An error that is none of LATER and no missing permission (NOPERM: signed in, PING not allowed) is a refusal. */
function judgePing(reply: RespOutcome | undefined): HandshakeVerdict {
  if (!(reply instanceof RespError)) {
    return reply === 'PONG' ? { kind: 'ready' } : { kind: 'refused', code: 'PING', message: 'no PONG' };
  }
  if (LATER.test(reply.message)) return { kind: 'again' };
  if (reply.message.startsWith('NOPERM')) return { kind: 'ready' };
  return { kind: 'refused', code: 'PING', message: reply.message };
}
