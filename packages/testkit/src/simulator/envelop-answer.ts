import type { ProtocolAnswer } from './protocol-answer.ts';

const EVENT = /^data: (.*)(\r\n\r\n)$/su;

/** An answer of generateContent as v1internal gives it: each response in its envelope. */
export function envelopAnswer(answer: ProtocolAnswer): ProtocolAnswer {
  return { ...answer, pieces: answer.pieces.map((piece) => Buffer.from(envelopPiece(piece.toString()))) };
}

function envelopPiece(piece: string): string {
  const event = EVENT.exec(piece);
  const json = event?.[1] ?? piece;
  // Errors come bare.
  if (!json.includes('"candidates"')) return piece;
  const enveloped = `{"response":${json},"traceId":"trace-sim"}`;
  return event === null ? enveloped : `data: ${enveloped}${event[2]}`;
}
