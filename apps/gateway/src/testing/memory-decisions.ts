/** Keeps decision records, parsed. */
export class MemoryDecisions {
  readonly records: Record<string, unknown>[] = [];

  add(record: string): void {
    this.records.push(JSON.parse(record) as Record<string, unknown>);
  }
}
