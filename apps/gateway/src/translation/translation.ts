import type { SpeakingAccount } from '@tollgate/accounts';
import type { AnswerTranslationOptions } from '@tollgate/translate';
import type { TranslatedCall } from './translated-calls.ts';

/** A client's request in the words of an account whose upstream speaks another protocol; one for each attempt. */
export interface Translation {
  call: TranslatedCall;
  body: Buffer;
  /** The client asked for a stream. */
  stream: boolean;
  /** What the upstream's protocol cannot carry. */
  dropped: readonly string[];
  /** The answers come in the code-assist envelope. */
  isEnveloped: boolean;
  /** null = without their envelope they are in the client's own protocol. */
  answer: AnswerTranslationOptions | null;
  framing: 'sse' | 'array';
  /** API-7, where `answer` is null: tools whose calls stand as XML in the answer's text. Absent = none. */
  mcpTools?: readonly string[];
  /** API-5: of a count: the upstream gets something in other words than the request would have. Absent = false. */
  isApproximate?: boolean;
}

export interface TranslationTarget {
  account: SpeakingAccount;
  upstreamModel: string;
}

/** What all translations to one account have in common. */
export type TranslationFrame = Pick<Translation, 'call' | 'stream' | 'isEnveloped' | 'framing'>;
