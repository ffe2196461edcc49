import { SseTap } from '@tollgate/protocol';
import { GeminiXmlCalls } from '../mcp-xml/gemini-xml-calls.ts';
import { joinLines, unwrapResponse } from './unwrap-response.ts';

/** A generated image in base64 is the largest thing that an event holds. */
const EVENT_BYTES_MAX = 64 << 20;
const FINISH = '"finishReason"';
const BLOCKED = '"blockReason"';
const FIELDS = ['data', 'event', 'id', 'retry'];
const EMPTY: Buffer = Buffer.alloc(0);
const SSE_HEAD = Buffer.from('data: ');
const SSE_END = Buffer.from('\r\n\r\n');
const ARRAY_START = Buffer.from('[');
const ARRAY_COMMA = Buffer.from(',\r\n');
const ARRAY_END = Buffer.from(']');
const LINE_END = Buffer.from('\n');

/** A code-assist stream on its way to a Gemini client. Never throws. */
export interface CodeAssistUnwrapper {
  /** Bytes of the upstream, cut anywhere → bytes for the client, maybe none. The chunk is not kept. */
  push(chunk: Uint8Array): Buffer;
  /** The upstream closed its stream. An array is only closed behind an answer that is whole. */
  end(): Buffer;
}

export interface UnwrapOptions {
  /** `array`: the client asked without `alt=sse`; the upstream always sends server-sent events. Default `sse`. */
  framing?: 'sse' | 'array';
  /** API-7: MCP tools that the model was told to call in XML: such calls become parts of the answer. Default none. */
  mcpTools?: readonly string[];
}

export function createCodeAssistUnwrapper(options: UnwrapOptions = {}): CodeAssistUnwrapper {
  return new Unwrapper(options);
}

class Unwrapper implements CodeAssistUnwrapper {
  readonly #isArray: boolean;
  readonly #xmlCalls: GeminiXmlCalls | null;
  #out: Buffer[] = [];
  #chunks = 0;
  #isWhole = false;
  readonly #tap = new SseTap({
    selectDataBytesMax: () => EVENT_BYTES_MAX,
    onEvent: (_name, data) => this.#onEvent(data),
    onForeignLine: () => {},
    // Errors come bare, without `data:`, and so Google's clients look for them.
    onForeignText: (line) => this.#onForeignText(line),
  });

  constructor({ framing = 'sse', mcpTools = [] }: UnwrapOptions) {
    this.#isArray = framing === 'array';
    this.#xmlCalls = mcpTools.length === 0 ? null : new GeminiXmlCalls(mcpTools);
  }

  push(chunk: Uint8Array): Buffer {
    this.#tap.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    return this.#take();
  }

  end(): Buffer {
    this.#tap.end();
    if (this.#isArray && this.#isWhole) this.#out.push(ARRAY_END);
    return this.#take();
  }

  /** What has no response in it, an error for one, passes as it is; half an event, where the stream was cut, does not. */
  #onEvent(data: Buffer): void {
    const unwrapped = unwrapResponse(data);
    const response = unwrapped === null ? null : (this.#xmlCalls?.edit(unwrapped) ?? unwrapped);
    this.#isWhole = response !== null && (response.includes(FINISH) || response.includes(BLOCKED));
    if (response === null && !isJson(data)) return;
    const inner = joinLines(response ?? Buffer.from(data));
    if (!this.#isArray) this.#out.push(SSE_HEAD, inner, SSE_END);
    else this.#out.push(this.#chunks === 0 ? ARRAY_START : ARRAY_COMMA, inner);
    this.#chunks += 1;
  }

  /** Half the name of a field is what is left of a stream that was cut. */
  #onForeignText(line: Buffer): void {
    const text = line.toString('latin1');
    if (!FIELDS.some((name) => name.startsWith(text))) this.#out.push(Buffer.from(line), LINE_END);
  }

  #take(): Buffer {
    if (this.#out.length === 0) return EMPTY;
    const bytes = Buffer.concat(this.#out);
    this.#out = [];
    return bytes;
  }
}

function isJson(data: Buffer): boolean {
  try {
    JSON.parse(data.toString());
    return true;
  } catch {
    return false;
  }
}
