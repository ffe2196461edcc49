/** No honest answer has more of anything; a larger figure is garbage that would empty a balance. */
const COUNT_MAX = 1_000_000_000;

/**
 * Reads counters that may be absent or garbage. null and absent keep the earlier figure (MON-8: the last
 * cumulative figure wins); a value that is no count keeps it too, and is counted in `irregular`.
 */
export class UsageCounts {
  /** Values that could not be used; worth a line in the log when not 0. */
  irregular = 0;

  read(value: unknown, earlier: number | null): number | null {
    if (value === undefined || value === null) return earlier;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= COUNT_MAX) {
      // -0 is a legal way to write 0.
      return value === 0 ? 0 : value;
    }
    this.irregular += 1;
    return earlier;
  }
}
