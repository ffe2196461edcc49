/** Figures of alerts are integers of 10⁻¹² of their unit, as the columns have 12 decimals: money stays exact. */
const DECIMALS = 12;

/** `"0.05"` → 50_000_000_000n. Throws RangeError on what is no decimal of at most 12 places. */
export function parseFigure(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,12}))?$/u.exec(text);
  if (!match) throw new RangeError(`not a figure: ${JSON.stringify(text)}`);
  const magnitude = BigInt((match[2] ?? '') + (match[3] ?? '').padEnd(DECIMALS, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** With all 12 places, as Postgres takes it. */
export function formatFigure(figure: bigint): string {
  const digits = (figure < 0n ? -figure : figure).toString().padStart(DECIMALS + 1, '0');
  return `${figure < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}
