import type { AnswerContext } from './answer-context.ts';
import type { Findings } from '../policy/findings.ts';
import type { WireProtocol } from './wire-protocol.ts';

/** What decoders and builders of requests know beside the request. */
export interface RequestScope {
  from: WireProtocol;
  to: WireProtocol;
  /** The upstream's name of the model. */
  upstreamModel: string;
  isStream: boolean;
  /** Google's code-assist takes less of a schema than its public API. */
  isCodeAssist: boolean;
  /** Most output tokens of the model; null = unknown. */
  outputTokensMax: number | null;
  findings: Findings;
  /** Decoders and builders write here what the answer's translation will need. */
  context: AnswerContext;
}

/** What readers, writers and builders of answers know beside the answer. */
export interface AnswerScope {
  from: WireProtocol;
  to: WireProtocol;
  /** The name that the client asked for. */
  model: string;
  context: AnswerContext;
  /** Seconds since the epoch. */
  createdAtS: number;
  createId: () => string;
  framing: 'sse' | 'array';
  findings: Findings;
}
