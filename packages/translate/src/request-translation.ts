import type { AnswerContext } from './conversation/answer-context.ts';
import type { WireProtocol } from './conversation/wire-protocol.ts';

export interface RequestTranslationOptions {
  /** The same as `to` only for gemini with `injectsMcpXml`: elsewhere the same protocol passes untouched (API-2). */
  from: WireProtocol;
  to: WireProtocol;
  /** The upstream's name of the model. */
  upstreamModel: string;
  /** Whether the client asked for a stream (for gemini it stands in the path). */
  stream: boolean;
  /** Most output tokens of the model, where the price book knows it; null = unknown. */
  outputTokensMax: number | null;
  /** SEL-7: signatures of this history were made where it goes. Never so across protocols. */
  keepsSignatures?: boolean;
  /** Only for `to` gemini: the body goes into the code-assist envelope. Default false. */
  isCodeAssist?: boolean;
  /** API-5, only `to` messages and gemini: the body of a count instead. Default false. */
  isCount?: boolean;
  /** API-7: tell the model to call MCP tools in XML, where the request has any. Default false. */
  injectsMcpXml?: boolean;
}

export type RequestTranslation =
  | {
      ok: true;
      body: Uint8Array;
      dropped: readonly string[];
      context: AnswerContext;
      /** Of a count: it holds something in other words than the request itself would. Absent = false. */
      isApproximate?: boolean;
    }
  /** 400 for the client; `param` names the field in the client's own protocol, null = none is to blame. */
  | { ok: false; param: string | null; message: string };
