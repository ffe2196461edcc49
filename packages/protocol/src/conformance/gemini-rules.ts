import { mapGeminiError } from '../errors/read-gemini-error.ts';
import { isObject, type JsonObject } from '../json/json-object.ts';

/** What a part can be; it is one of these, besides `thought`, `thoughtSignature` and other marks. */
const PART_KINDS = [
  'text',
  'functionCall',
  'functionResponse',
  'inlineData',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
];

/**
 * The responses of one streamGenerateContent: one answer's id throughout, candidates with dense indexes, a finish
 * reason for each and only in its last chunk, usage that adds up and is there at the end. An error ends all.
 * https://ai.google.dev/api/generate-content
 */
export class GeminiRules {
  readonly #isEnveloped: boolean;
  readonly #report: (rule: string, detail: string) => void;
  #responseId: unknown = null;
  readonly #finished = new Map<unknown, boolean>();
  #isBlocked = false;
  #hasFailed = false;
  #endsWithUsage = false;

  constructor(isEnveloped: boolean, report: (rule: string, detail: string) => void) {
    this.#isEnveloped = isEnveloped;
    this.#report = report;
  }

  read(chunk: JsonObject): void {
    if (this.#hasFailed) this.#report('after-end', 'a chunk behind the error');
    if (mapGeminiError(chunk, null) !== null) {
      this.#hasFailed = true;
      return;
    }
    const response = this.#isEnveloped ? chunk['response'] : chunk;
    if (isObject(response)) this.#readResponse(response);
    else this.#report('envelope', 'no response in the envelope');
  }

  finish(): void {
    if (this.#hasFailed) return;
    const reasons = [...this.#finished.values()];
    if (!this.#isBlocked && (reasons.length === 0 || reasons.includes(false))) {
      this.#report('terminator', 'a candidate without finishReason');
    }
    if (!this.#endsWithUsage) this.#report('usage', 'the last chunk has no usage');
    for (let index = 0; index < this.#finished.size; index += 1) {
      if (!this.#finished.has(index)) this.#report('candidate-index', `there is no candidate ${index}`);
    }
  }

  #readResponse(response: JsonObject): void {
    const { responseId: id } = response;
    if (id !== undefined && this.#responseId !== null && id !== this.#responseId) {
      this.#report('chunk', 'chunks of two answers');
    }
    this.#responseId = id ?? this.#responseId;
    this.#readUsage(response['usageMetadata']);
    const feedback = response['promptFeedback'];
    this.#isBlocked ||= isObject(feedback) && typeof feedback['blockReason'] === 'string';
    const { candidates } = response;
    if (candidates === undefined) return;
    if (!Array.isArray(candidates)) return this.#report('chunk', 'candidates is no list');
    for (const candidate of candidates) {
      if (isObject(candidate)) this.#readCandidate(candidate);
      else this.#report('chunk', 'a candidate is no object');
    }
  }

  #readCandidate(candidate: JsonObject): void {
    const index = candidate['index'] ?? 0;
    if (this.#finished.get(index) === true) this.#report('finish', 'a chunk behind the finishReason');
    this.#finished.set(
      index,
      typeof candidate['finishReason'] === 'string' && candidate['finishReason'] !== '',
    );
    const { content } = candidate;
    if (content === undefined) return;
    if (!isObject(content)) return this.#report('chunk', 'content is no object');
    if (content['role'] !== undefined && content['role'] !== 'model') this.#report('role', 'not the model');
    const parts: unknown[] = Array.isArray(content['parts']) ? content['parts'] : [];
    for (const part of parts) this.#readPart(part);
  }

  #readPart(part: unknown): void {
    if (!isObject(part)) return this.#report('part', 'a part is no object');
    const kinds = PART_KINDS.filter((kind) => part[kind] !== undefined);
    if (kinds.length > 1) this.#report('part', `a part is ${kinds.join(' and ')}`);
    const { functionCall: call } = part;
    if (isObject(call) && call['args'] !== undefined) {
      if (!isObject(call['args'])) this.#report('tool-input', 'the arguments of a call are no object');
      if (typeof call['name'] !== 'string') this.#report('tool-call', 'a call with arguments and no name');
    }
  }

  #readUsage(usage: unknown): void {
    this.#endsWithUsage = isObject(usage) && typeof usage['totalTokenCount'] === 'number';
    if (!isObject(usage) || typeof usage['totalTokenCount'] !== 'number') return;
    const sum = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'toolUsePromptTokenCount']
      .map((key) => Number(usage[key] ?? 0))
      .reduce((total, count) => total + count, 0);
    if (sum !== usage['totalTokenCount'])
      this.#report('usage', 'totalTokenCount is not the sum of its parts');
  }
}
