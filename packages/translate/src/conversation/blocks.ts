import type { WireProtocol } from './wire-protocol.ts';

/** Bytes (base64) or an address of an image, a document or sound. Files by a provider's id never get this far. */
export type MediaSource =
  | { kind: 'base64'; mediaType: string; data: string }
  | { kind: 'url'; url: string; mediaType: string | null };

export interface TextBlock {
  type: 'text';
  text: string;
}

/** The model's own words on why it will not answer. */
export interface RefusalBlock {
  type: 'refusal';
  text: string;
}

export interface ImageBlock {
  type: 'image';
  source: MediaSource;
  /** OpenAI's `detail`; null = not said. */
  detail: string | null;
}

export interface DocumentBlock {
  type: 'document';
  source: MediaSource | { kind: 'text'; text: string };
  /** File name or title; null = none was given. */
  name: string | null;
}

export interface AudioBlock {
  type: 'audio';
  mediaType: string;
  /** base64. */
  data: string;
}

export interface ToolCallBlock {
  type: 'tool-call';
  /** Unique in the request, and of a form that every protocol takes: see ToolCallIds. */
  id: string;
  name: string;
  /** JSON text of one object, always (buildArguments wraps what is none). */
  arguments: string;
}

export interface ToolResultBlock {
  type: 'tool-result';
  /** The id of a tool call before it. */
  callId: string;
  /** The name of the tool that was called. */
  name: string;
  content: (TextBlock | ImageBlock | DocumentBlock)[];
  isError: boolean;
}

/** A model's reasoning as it showed it. `signature` proves it, or holds what was not shown, only where it was made. */
export interface ThinkingBlock {
  type: 'thinking';
  text: string;
  signature: string | null;
  madeBy: WireProtocol;
}

export type UserBlock = TextBlock | ImageBlock | DocumentBlock | AudioBlock | ToolResultBlock;
export type AssistantBlock = TextBlock | RefusalBlock | ThinkingBlock | ToolCallBlock;
