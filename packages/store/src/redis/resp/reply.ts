/** What Redis gives for one command. Integers beyond 2^53 stay text, so that no digit is lost. */
export type RespValue = string | number | null | RespError | RespValue[];

/** Redis refused: an error reply. Its message begins with a code (`NOSCRIPT …`, `READONLY …`). */
export class RespError extends Error {
  override readonly name = 'RespError';
}

/** The connection ended, or could not be made, before the reply came. Redis may have run the command. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

export type RespOutcome = RespValue | ConnectionLostError;
