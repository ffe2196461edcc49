import type { AnswerReader } from './conversation/answer-sink.ts';
import { StreamText } from './conversation/stream-text.ts';
import { McpXmlSink } from './mcp-xml/mcp-xml-sink.ts';
import { selectParts } from './protocols.ts';
import { buildAnswerScope, type AnswerTranslationOptions } from './translate-answer.ts';

/** One upstream stream on its way to a client of another protocol. Never throws. */
export interface StreamTranslator {
  /** Bytes of the upstream, cut anywhere → bytes for the client, maybe none. The chunk is not kept. */
  push(chunk: Uint8Array): Buffer;
  /** The upstream closed its stream: what is left for the client. Nothing that looks like an end unless `isComplete`. */
  end(): Buffer;
  /** The upstream's answer is whole so far: were its stream to close now, it would be a success. */
  readonly isComplete: boolean;
}

/** `options.context` decides what the client gets to see; errors inside the stream are the meter's to find. */
export function createStreamTranslator(options: AnswerTranslationOptions): StreamTranslator {
  const scope = buildAnswerScope(options);
  const out = new StreamText();
  const writer = selectParts(options.to).createWriter(out, scope);
  const { mcpTools = [] } = scope.context;
  const sink = mcpTools.length === 0 ? writer : new McpXmlSink(writer, mcpTools);
  return new PairTranslator(selectParts(options.from).createReader(sink, scope), out);
}

class PairTranslator implements StreamTranslator {
  readonly #reader: AnswerReader;
  readonly #out: StreamText;

  constructor(reader: AnswerReader, out: StreamText) {
    this.#reader = reader;
    this.#out = out;
  }

  get isComplete(): boolean {
    return this.#reader.isComplete;
  }

  push(chunk: Uint8Array): Buffer {
    this.#reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    return this.#out.take();
  }

  end(): Buffer {
    this.#reader.end();
    return this.#out.take();
  }
}
