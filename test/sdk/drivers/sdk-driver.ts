import { z } from 'zod';
import type { ClientSite } from '../../harness/clients-page.ts';

/** What a call came to, in words that all SDKs share. */
export interface SdkAnswer {
  text: string;
  finish: 'stop' | 'tools' | 'other';
  inputTokens: number;
  outputTokens: number;
}

/** A turn with tools, to its end. */
export interface ToolTurn {
  /** What the model wanted, in its order. */
  calls: { name: string; input: unknown }[];
  /** What it said with the results. */
  text: string;
}

/** One official SDK, doing what its users do. Retries are off, so that each answer is seen. Errors reject as its own. */
export interface SdkDriver {
  name: string;
  protocol: 'messages' | 'chat' | 'responses' | 'gemini';
  connect(site: ClientSite, model: string): SdkSession;
}

export interface SdkSession {
  ask(question: string, stream: boolean): Promise<SdkAnswer>;
  /** Offers `TOOL`, runs it for each call by `runTool`, and asks again with the results. */
  useTools(question: string, stream: boolean): Promise<ToolTurn>;
  /** An object of `CITY`, checked by the SDK. */
  askForObject(question: string): Promise<unknown>;
  /** With a PNG, base64. */
  showImage(question: string, png: string): Promise<SdkAnswer>;
  /** Aborts a stream at its first text; resolves when the SDK has let go. */
  abort(question: string): Promise<void>;
  /** The HTTP status that the SDK's own error class tells; null = it is another error. */
  readStatus(error: unknown): number | null;
}

export const TOOL = {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
};

export function runTool(input: unknown): string {
  return `Sunny in ${(input as { city: string }).city}`;
}

export const CITY = z.object({ city: z.string(), people: z.number() });
/** Small, so that answers of these tests fit. */
export const OUTPUT_TOKENS_MAX = 2_000;
