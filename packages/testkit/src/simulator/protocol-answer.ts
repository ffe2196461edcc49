/** The same shape for all protocols: what goes out, in its natural pieces. */
export interface ProtocolAnswer {
  status: number;
  contentType: string;
  pieces: Buffer[];
  /** How many of the last pieces end the answer: an endless one goes without. */
  endingPieces: number;
}
