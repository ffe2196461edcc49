const PLAIN = 0;
const SPACE = 1;
/** The classes up to here may stand inside a line. */
const TEXT_MAX = SPACE;
const CR = 2;
const LF = 3;
const BAD = 4;

/** RFC 9110 §5.5: tab, visible ASCII, space and obs-text; NUL and the other controls are attacks or garbage. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 13) return CR;
  if (byte === 10) return LF;
  if (byte === 32 || byte === 9) return SPACE;
  return byte < 32 || byte === 127 ? BAD : PLAIN;
});

/** How much of the blank line that ends a head has been read. */
const IN_LINE = 0;
const AFTER_CR = 1;
const AFTER_LINE = 2;
const AFTER_LINE_CR = 3;
const FOUND = 5;

/**
 * Looks for the end of a head over any cut of its bytes, and refuses what makes heads ambiguous (RFC 9112 §2.2,
 * §5.2): a bare CR or LF, a folded line, control characters.
 */
export class HeadScanner {
  #stage = IN_LINE;
  isBad = false;

  begin(): void {
    this.#stage = IN_LINE;
    this.isBad = false;
  }

  /** Index behind the blank line; −1 = more is needed, or `isBad`. */
  scan(bytes: Buffer, from: number, to: number): number {
    let stage = this.#stage;
    for (let at = from; at < to; at += 1) {
      if (stage === IN_LINE) at = skipText(bytes, at, to);
      if (at === to) break;
      stage = selectNext(stage, CLASSES[bytes[at] ?? 0] ?? BAD);
      if (stage === BAD) return this.#refuse();
      if (stage === FOUND) return at + 1;
    }
    this.#stage = stage;
    return -1;
  }

  #refuse(): number {
    this.isBad = true;
    return -1;
  }
}

/** The index of the first byte that ends a line or is bad. */
function skipText(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && (CLASSES[bytes[at] ?? 0] ?? BAD) <= TEXT_MAX) at += 1;
  return at;
}

/** The stage after a byte; inside a line text is skipped. BAD is no stage. */
function selectNext(stage: number, byteClass: number): number {
  if (stage === IN_LINE) return byteClass === CR ? AFTER_CR : BAD;
  if (stage === AFTER_CR) return byteClass === LF ? AFTER_LINE : BAD;
  if (stage === AFTER_LINE_CR) return byteClass === LF ? FOUND : BAD;
  if (byteClass === CR) return AFTER_LINE_CR;
  return byteClass === PLAIN ? IN_LINE : BAD;
}
