import { picoUsd, type PicoUsd } from '@tollgate/core';

/** claude-sonnet-4-6, pico-USD a token: written down here once more, so that the clients' sums are their own. */
const PRICES = { input: 3_000_000n, cacheRead: 300_000n, write5m: 3_750_000n, write1h: 6_000_000n };
const OUTPUT = 15_000_000n;

/** What one client saw of its answer. */
export interface SeenAnswer {
  requestId: string;
  /** `whole`: to its last byte. `refused`: an error that says so. `cut`: anything less. */
  kind: 'whole' | 'refused' | 'cut';
  /** Of an error, what it says. */
  message: string;
  /** Usage of the answer × price list; 0 unless whole. */
  cost: PicoUsd;
}

interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cache_read_input_tokens?: number;
  cache_creation?: { ephemeral_5m_input_tokens?: number; ephemeral_1h_input_tokens?: number };
}

interface Piece {
  type?: string;
  error?: { message?: string };
  message?: { usage?: Usage };
  usage?: Usage;
}

/** Reads an answer of `/v1/messages`, streamed or not, as a client that keeps its own books would. */
export function readAnswer(requestId: string, text: string): SeenAnswer {
  const pieces = parsePieces(text);
  const error = pieces.find(({ type }) => type === 'error');
  if (error) return { requestId, kind: 'refused', message: error.error?.message ?? '', cost: picoUsd(0n) };
  const isWhole = pieces.some(({ type }) => type === 'message_stop' || type === 'message');
  if (!isWhole) return { requestId, kind: 'cut', message: text.slice(0, 200), cost: picoUsd(0n) };
  const usage: Usage = {};
  for (const piece of pieces) Object.assign(usage, piece.message?.usage, piece.usage);
  return { requestId, kind: 'whole', message: '', cost: computeCost(usage) };
}

/** Pings and half an event carry nothing. */
function parsePieces(text: string): Piece[] {
  if (!text.startsWith('event:')) return parseJson(text);
  return text.split('\n').flatMap((line) => (line.startsWith('data:') ? parseJson(line.slice(5)) : []));
}

function parseJson(text: string): Piece[] {
  try {
    return [JSON.parse(text) as Piece];
  } catch {
    return [];
  }
}

function computeCost(usage: Usage): PicoUsd {
  const { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens } = usage.cache_creation ?? {};
  return picoUsd(
    BigInt(usage.input_tokens ?? 0) * PRICES.input +
      BigInt(usage.cache_read_input_tokens ?? 0) * PRICES.cacheRead +
      BigInt(ephemeral_5m_input_tokens ?? 0) * PRICES.write5m +
      BigInt(ephemeral_1h_input_tokens ?? 0) * PRICES.write1h +
      BigInt(usage.output_tokens ?? 0) * OUTPUT,
  );
}
