import { createTRPCClient, httpLink } from '@trpc/client';
import type { TollgateClient } from '../client.ts';
import type { AppRouter } from '../router.ts';

/** A browser on the control plane's own page, for tests: it keeps the session cookie, and sends its origin. */
export interface Browser {
  client: TollgateClient;
  /** `name=value`; '' = none. */
  cookie: string;
  /** Sent with every call; a test may change them. */
  headers: Record<string, string>;
  /** Of the last answer. */
  answer: Response | null;
}

export interface BrowserOptions {
  /** Where it comes from: guesses are counted by it. */
  address?: string;
  cookie?: string;
}

let addresses = 0;

/** Each has an address of its own unless one is given, so that tests do not block each other. */
export function openBrowser(url: string, { address, cookie = '' }: BrowserOptions = {}): Browser {
  addresses += 1;
  const own = address ?? `198.51.${(addresses >> 8) & 255}.${addresses & 255}`;
  const browser: Omit<Browser, 'client'> = {
    cookie,
    headers: { origin: url, 'x-forwarded-for': own, 'user-agent': 'Test/1.0' },
    answer: null,
  };
  const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    for (const [name, value] of Object.entries(browser.headers)) headers.set(name, value);
    if (browser.cookie !== '') headers.set('cookie', browser.cookie);
    const answer = await fetch(input, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) browser.cookie = selectCookie(line);
    browser.answer = answer;
    return answer;
  };
  const links = [httpLink({ url: `${url}/trpc`, fetch: (input, init) => send(input, init as RequestInit) })];
  return Object.assign(browser, { client: createTRPCClient<AppRouter>({ links }) });
}

function selectCookie(line: string): string {
  return /Max-Age=0\b/.test(line) ? '' : (line.split(';', 1)[0] ?? '');
}
