export type SimulatedProtocol = 'chat' | 'responses' | 'gemini';

/** What the simulator reads of a request of OpenAI or Google: loosely, as clients send more than we know. */
export interface SimulatedCall {
  protocol: SimulatedProtocol;
  model: string;
  stream: boolean;
  /** Gemini without `alt=sse`. */
  isArray: boolean;
  isCount: boolean;
  /** Google's v1internal: the answer goes out in its envelope. */
  isEnveloped: boolean;
  /** Chat: `stream_options.include_usage`. */
  wantsUsage: boolean;
  inputText: string;
  lastUserText: string;
  isKeyMissing: boolean;
  /** In the provider's words; null = nothing is. */
  wrong: string | null;
}
