import { type AnswerTarget, AnswerParser } from '../http1/answer-parser.ts';

/** What a parser made of some bytes; data of several pieces is one. */
export interface ParsedAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  end: 'done' | 'failed' | 'open';
  isKeepAlive: boolean;
}

/** Feeds the pieces, as a connection would, until the answer is over. */
export function parsePieces(pieces: readonly Buffer[], headBytesMax = 32 * 1024): ParsedAnswer {
  const parser = new AnswerParser(headBytesMax);
  const answer: ParsedAnswer = { status: 0, headers: {}, body: '', end: 'open', isKeepAlive: false };
  const target: AnswerTarget = {
    isHalted: false,
    onHeaders(status, headers) {
      if (answer.status !== 0) throw new Error('a second head');
      answer.status = status;
      answer.headers = { ...headers };
    },
    onData(chunk) {
      if (answer.status === 0 || chunk.length === 0) throw new Error('data without a head, or none');
      answer.body += chunk.toString('latin1');
    },
  };
  parser.begin();
  for (const piece of pieces) {
    // A copy, as the parser may move bytes.
    const bytes = Buffer.from(piece);
    const at = parser.push(bytes, 0, bytes.length, target);
    if (parser.isDone || parser.isFailed) break;
    if (at !== bytes.length) throw new Error('bytes left over');
  }
  if (parser.isDone) answer.end = 'done';
  if (parser.isFailed) answer.end = 'failed';
  return { ...answer, isKeepAlive: parser.isKeepAlive && parser.isDone };
}

export const parseText = (text: string): ParsedAnswer => parsePieces([Buffer.from(text, 'latin1')]);
