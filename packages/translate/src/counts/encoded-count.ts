export interface EncodedCount {
  body: Buffer;
  /** Something is counted as a text of the user, or could not be counted at all. */
  isApproximate: boolean;
}
