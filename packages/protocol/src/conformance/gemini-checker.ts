import { JsonSplitter } from '../json/json-splitter.ts';
import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import { CheckerBase } from './checker.ts';
import { GeminiRules } from './gemini-rules.ts';
import { SseChecker } from './sse-checker.ts';

const OBJECT_BYTES_MAX = 64 << 20;

/** Gemini as SSE: each event is one `data:` line, nothing in front of it, for Google's own client loses it else. */
export class GeminiSseChecker extends SseChecker {
  readonly #rules: GeminiRules;

  constructor(isEnveloped = false) {
    super();
    this.#rules = new GeminiRules(isEnveloped, (rule, detail) => this.report(rule, detail));
  }

  protected readEvent(name: string, data: JsonObject, isMarked: boolean): void {
    if (name !== '') this.report('event-name', 'events have no name');
    if (isMarked) this.report('framing', 'a comment inside an event');
    this.#rules.read(data);
  }

  /** Errors come bare, without `data:`; so Google's own client looks for them. */
  protected override readForeign(line: Buffer): void {
    const value = parseJson(line);
    this.event += 1;
    if (isObject(value) && isObject(value['error'])) this.#rules.read(value);
    else super.readForeign(line);
  }

  protected readDone(): void {
    this.report('terminator', '[DONE] is no part of this protocol');
  }

  protected finish(): void {
    this.#rules.finish();
  }
}

/** Gemini without `alt=sse`: one JSON array of responses. */
export class GeminiArrayChecker extends CheckerBase {
  readonly #rules: GeminiRules;
  readonly #splitter: JsonSplitter;
  readonly #parts: Buffer[] = [];

  constructor(isEnveloped = false) {
    super();
    this.#rules = new GeminiRules(isEnveloped, (rule, detail) => this.report(rule, detail));
    this.#splitter = new JsonSplitter(
      {
        onObject: (data) => {
          this.event += 1;
          const value = parseJson(data);
          if (isObject(value)) this.#rules.read(value);
          else this.report('json', 'not a JSON object');
        },
        onForeign: () => this.report('framing', 'bytes between the objects'),
      },
      OBJECT_BYTES_MAX,
    );
  }

  push(chunk: Buffer): void {
    this.#parts.push(Buffer.from(chunk));
    this.#splitter.push(chunk);
  }

  end(): void {
    this.event += 1;
    const whole = parseJson(Buffer.concat(this.#parts));
    if (!Array.isArray(whole)) this.report('framing', 'the stream is not one JSON array');
    this.#rules.finish();
  }
}
