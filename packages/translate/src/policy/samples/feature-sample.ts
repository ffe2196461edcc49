import type { WireProtocol } from '../../conversation/wire-protocol.ts';
import type { JsonObject } from '../../json/json-object.ts';
import type { AnswerFeature } from '../answer-features.ts';
import type { RequestFeature } from '../request-features.ts';

/** A message with one feature in it, by which a test tells what became of the feature. */
export interface FeatureSample {
  /** Fields over those of the protocol's minimal message. */
  body: JsonObject;
  /** The field that a refusal names. */
  param?: string;
  /** What the JSON of the other side holds where the feature goes on, and does not where it is dropped. */
  needle?: string | Partial<Record<WireProtocol, string>>;
  /** What stands in `dropped`, where it is not the feature's name. */
  droppedAs?: string;
  /** The upstream's model, where the feature depends on it. */
  upstreamModel?: string | Partial<Record<WireProtocol, string>>;
}

/** All that one protocol's samples are: minimal messages that every translation takes, and what comes over them. */
export interface ProtocolSamples {
  request: JsonObject;
  requests: Partial<Record<RequestFeature, FeatureSample>>;
  answer: JsonObject;
  answers: Partial<Record<AnswerFeature, FeatureSample>>;
}
