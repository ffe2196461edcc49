export { unwrapCodeAssistAnswer } from './code-assist/unwrap-response.ts';
export { createCodeAssistUnwrapper, type CodeAssistUnwrapper } from './code-assist/unwrapper.ts';
export {
  listLeftOut,
  wrapCodeAssistRequest,
  type CodeAssistEnvelope,
  type CodeAssistFlavour,
} from './code-assist/wrap-request.ts';
export type { AnswerContext } from './conversation/answer-context.ts';
export { WIRE_PROTOCOLS, type WireProtocol } from './conversation/wire-protocol.ts';
export { createStreamTranslator, type StreamTranslator } from './create-stream-translator.ts';
export { UNSIGNED_THINKING } from './messages/unsigned-thinking.ts';
export type { Handling, PolicyRow } from './policy/policy-row.ts';
export { TRANSLATION_POLICY } from './policy/translation-policy.ts';
export { translateAnswer, type AnswerTranslationOptions } from './translate-answer.ts';
export type { RequestTranslation, RequestTranslationOptions } from './request-translation.ts';
export { translateRequest } from './translate-request.ts';
