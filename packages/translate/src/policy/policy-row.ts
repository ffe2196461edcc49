import type { WireProtocol } from '../conversation/wire-protocol.ts';

/**
 * `kept`: goes on as it is, in the other's words; `translated`: goes on as something else that means the same;
 * `dropped`: left out, and named in `x-tollgate-dropped`; `refused`: a 400 that names the field.
 */
export type Handling = 'kept' | 'translated' | 'dropped' | 'refused';

/** One cell of the matrix. */
export interface PolicyRow {
  feature: string;
  from: WireProtocol;
  to: WireProtocol;
  handling: Handling;
  /** How, or why not. */
  note: string;
  /** Title of the test that proves it. */
  test: string;
}

/** What one feature becomes: `from` = the protocols that have it; `to` = by target, `else` for those not named. */
export interface FeatureRule {
  from: readonly WireProtocol[];
  to: Partial<Record<WireProtocol | 'else', Handling>>;
  note: string;
}
