import {
  FORBIDDEN_CODE,
  GuardedRequestError,
  sendGuardedRequest,
  type OutboundPolicy,
} from '@tollgate/outbound';
import { hideSecrets } from '../../account-test/hide-secrets.ts';
import type { ChannelMessage, ChannelTarget, HttpChannel, SendOutcome } from './channel-message.ts';

const ANSWER_BYTES_MAX = 262_144;
const FAULT_CHARACTERS_MAX = 300;
/** Statuses below 500 that ask to come again, beside 429. */
const LATER_STATUSES: ReadonlySet<number> = new Set([408, 425]);

/** POSTs through the outbound guard (OPS-6). Never rejects for what the other side does; tells no secret of the URL. */
export async function postMessage(
  policy: OutboundPolicy,
  channel: HttpChannel,
  message: ChannelMessage,
  target: ChannelTarget,
  timeoutMs: number,
): Promise<SendOutcome> {
  const outcome = await post(policy, channel, message, timeoutMs);
  if (outcome.fault === null) return outcome;
  const secrets = listSecrets(message.url, target);
  return { ...outcome, fault: hideSecrets(outcome.fault, secrets).slice(0, FAULT_CHARACTERS_MAX) };
}

async function post(
  policy: OutboundPolicy,
  channel: HttpChannel,
  { url, headers, body }: ChannelMessage,
  timeoutMs: number,
): Promise<SendOutcome> {
  try {
    const answer = await sendGuardedRequest(policy, {
      method: 'POST',
      url,
      isWholeUrl: true,
      headers: { 'user-agent': 'tollgate', ...headers },
      body,
      proxyUrl: null,
      timeoutMs,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    if (answer.status < 300) return channel.judge(answer.body.toString());
    return mapStatus(answer.status);
  } catch (fault) {
    if (!(fault instanceof GuardedRequestError)) throw fault;
    return mapRequestFault(fault);
  }
}

/** A redirect is none to follow: the URL that was typed is the one that was judged. */
function mapStatus(status: number): SendOutcome {
  const fault = status < 400 ? `it answered ${status}; redirects are not followed` : `it answered ${status}`;
  if (status === 429) return { kind: 'busy', fault };
  return { kind: status >= 500 || LATER_STATUSES.has(status) ? 'later' : 'refused', fault };
}

function mapRequestFault({ message, cause }: GuardedRequestError): SendOutcome {
  if (message.startsWith('the address is refused')) return { kind: 'refused', fault: message };
  const isForbidden = cause instanceof Error && 'code' in cause && cause.code === FORBIDDEN_CODE;
  return isForbidden
    ? {
        kind: 'refused',
        fault: 'its address is not allowed; TOLLGATE_OUTBOUND_ALLOW lists private ones that are',
      }
    : { kind: 'later', fault: message };
}

/** Shorter parts of a path are words: `hook`, `send`. */
const TOKEN_LENGTH_MIN = 8;

/** All of the URL but its host, as some services quote what they were sent. */
function listSecrets(sentUrl: string, { url, secret }: ChannelTarget): string[] {
  const urls = [sentUrl, url].map((text) => URL.parse(text)).filter((parsed) => parsed !== null);
  const paths = urls.map(({ pathname }) => pathname);
  const values = urls.flatMap(({ searchParams }) => Array.from(searchParams.values()));
  const tokens = [...paths.flatMap((path) => path.split('/')), ...values];
  const long = tokens.filter((token) => token.length >= TOKEN_LENGTH_MIN);
  const all = [sentUrl, url, ...paths, ...long, ...(secret === null ? [] : [secret])];
  // The longest first: a part must not be taken out of what would be found as a whole.
  return all.toSorted((a, b) => b.length - a.length);
}
