const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
/** No price and no limit has more digits on either side of its point. */
const DIGITS_MAX = 40;

/**
 * A JSON number × 10^places as a plain decimal, digit by digit: (`3e-06`, 6) → `3`. null = not a number, or with
 * more digits than make any sense.
 */
export function shiftDecimal(text: string, places: number): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number.parseInt(exponent, 10) + places;
  if (point > DIGITS_MAX || point < -DIGITS_MAX || digits.length > DIGITS_MAX) return null;
  const padded = '0'.repeat(point < 1 ? 1 - point : 0) + digits.padEnd(point, '0');
  const at = point < 1 ? 1 : point;
  const shownWhole = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const shownFraction = padded.slice(at).replace(/0+$/, '');
  const shown = shownFraction === '' ? shownWhole : `${shownWhole}.${shownFraction}`;
  return shown === '0' ? shown : sign + shown;
}
