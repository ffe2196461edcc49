/** A request as an upstream takes it that only streams. */
export interface StreamOnlyCall {
  body: Buffer;
  /** Fields, by their names in Responses, of which the client gets nothing. */
  dropped: readonly string[];
  /** The client wants a plain answer: it is gathered from the stream. */
  gathers: boolean;
}
