import type { AnswerSink } from '../conversation/answer-sink.ts';

type Words = 'text' | 'refusal' | 'thinking';

interface CallPiece {
  id: string | null;
  /** '' = in another piece. */
  name: string;
  json: string;
}

interface WaitingCall {
  id: string | null;
  name: string;
  json: string;
}

/**
 * Puts what a Chat Completions stream mixes into a row, as a sink wants it: blocks one after the other. Words and
 * the first tool call go on at once; what comes for other calls while it is open waits until the end, because the
 * upstream may come back to a call at any time.
 */
export class BlockRow {
  readonly #sink: AnswerSink;
  #open: Words | 'call' | null = null;
  /** The call that is open in the sink; other calls wait. */
  #openCall: number | null = null;
  #openArguments = '';
  readonly #waiting = new Map<number, WaitingCall>();
  /** Id of each call, in the order in which they began: its place there is its name here. null = none has come. */
  readonly #ids: (string | null)[] = [];
  /** Index in the stream → the latest call that had it. */
  readonly #byIndex = new Map<number, number>();
  /** Words behind a call. */
  readonly #waitingWords: { kind: Words; text: string }[] = [];
  hasCalls = false;
  hasRefusal = false;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  add(kind: Words, text: string): void {
    if (text === '') return;
    if (kind === 'refusal') this.hasRefusal = true;
    if (this.#openCall !== null) this.#waitWords(kind, text);
    else this.#write(kind, text);
  }

  /** `index` null = the vendor gives none: a piece with a name begins a call, others belong to the last one. */
  addCall(index: number | null, piece: CallPiece): void {
    this.hasCalls = true;
    const at = this.#findCall(index, piece);
    if (at === this.#openCall) this.#addArguments(piece.json);
    else if (this.#openCall === null && piece.name !== '' && !this.#waiting.has(at)) this.#openNow(at, piece);
    else this.#wait(at, piece);
  }

  /** Gemini's compatible endpoint gives all calls the index 0: there a name with another id begins a call too. */
  #findCall(index: number | null, { id, name }: CallPiece): number {
    const last = this.#ids.length - 1;
    const known = index === null ? last : (this.#byIndex.get(index) ?? -1);
    const knownId = this.#ids[known] ?? null;
    const isNext =
      index === null ? name !== '' : name !== '' && id !== null && knownId !== null && id !== knownId;
    if (known !== -1 && !isNext) {
      this.#ids[known] ??= id;
      return known;
    }
    if (index !== null) this.#byIndex.set(index, last + 1);
    this.#ids.push(id);
    return last + 1;
  }

  /** The answer is over: all that waited goes on, in the order in which it began. */
  end(): void {
    this.#close();
    this.#openCall = null;
    for (const { id, name, json } of this.#waiting.values()) {
      this.#sink.openToolCall(id, name);
      if (json !== '') this.#sink.addArguments(json);
      this.#sink.close();
    }
    this.#waiting.clear();
    for (const { kind, text } of this.#waitingWords.splice(0)) this.#write(kind, text);
    this.#close();
  }

  #openNow(at: number, { id, name, json }: CallPiece): void {
    this.#close();
    this.#open = 'call';
    this.#openCall = at;
    this.#openArguments = '';
    this.#sink.openToolCall(id, name);
    this.#addArguments(json);
  }

  /** Some vendors repeat the whole arguments at the end. */
  #addArguments(json: string): void {
    if (json === '' || isRepeated(this.#openArguments, json)) return;
    this.#openArguments += json;
    this.#sink.addArguments(json);
  }

  #wait(at: number, { id, name, json }: CallPiece): void {
    const call = this.#waiting.get(at);
    if (call === undefined) {
      this.#waiting.set(at, { id, name, json });
      return;
    }
    call.id ??= id;
    if (call.name === '') call.name = name;
    if (!isRepeated(call.json, json)) call.json += json;
  }

  #waitWords(kind: Words, text: string): void {
    const last = this.#waitingWords.at(-1);
    if (last?.kind === kind) last.text += text;
    else this.#waitingWords.push({ kind, text });
  }

  #write(kind: Words, text: string): void {
    switch (kind) {
      case 'text':
        if (this.#open !== kind) this.#begin(kind).openText();
        return this.#sink.addText(text);
      case 'refusal':
        if (this.#open !== kind) this.#begin(kind).openRefusal();
        return this.#sink.addRefusal(text);
      case 'thinking':
        if (this.#open !== kind) this.#begin(kind).openThinking();
        return this.#sink.addThinking(text);
    }
  }

  #begin(kind: Words): AnswerSink {
    this.#close();
    this.#open = kind;
    return this.#sink;
  }

  #close(): void {
    if (this.#open !== null) this.#sink.close();
    this.#open = null;
  }
}

function isRepeated(known: string, json: string): boolean {
  return json.length > 1 && json.length === known.length && json.startsWith('{') && json === known;
}
