/** Usage that the upstream itself reported, in one normal form for all protocols. */
export interface ExpectedUsage {
  input_uncached: number;
  cache_read: number;
  cache_write: number;
  cache_write_5m: number;
  cache_write_1h: number;
  input_total: number;
  output_total: number;
  reasoning: number;
  tool_prompt: number;
  audio_in: number;
  image_in: number;
  audio_out: number;
  image_out: number;
  web_search_requests: number;
  web_fetch_requests: number;
  /** What is odd in this recording, or names of fields that should not be asserted. */
  ambiguous?: string[];
  iterations?: {
    type: string;
    model: string | null;
    input: number;
    output: number;
    cache_read: number;
    cache_write: number;
  }[];
}

/** One entry of `recordings/<provider>/index.json`. */
export interface RecordingEntry {
  file: string;
  provider: string;
  protocol: string;
  kind: 'stream' | 'json' | 'request' | 'error';
  model: string | null;
  features: string[];
  expected_usage: ExpectedUsage | null;
  /** The public project that the recording comes from. */
  source: string;
  /** How far the bytes are as the provider sent them. */
  framing?: string;
  status?: number;
  headers?: Record<string, string>;
  expected_result?: Record<string, unknown>;
  request_file?: string;
  response_file?: string;
  notes?: string;
}

export interface Recording extends RecordingEntry {
  headers: Record<string, string>;
  /** The bytes, exactly as recorded. */
  readBytes(): Buffer;
  /** The request that was answered; null when it was not recorded. */
  readRequestBytes(): Buffer | null;
}
