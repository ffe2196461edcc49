export interface Origin {
  isTls: boolean;
  /** Without brackets. */
  host: string;
  port: number;
  /** As the `host` header says it. */
  authority: string;
}

/** `http(s)://host[:port]` and nothing else; null otherwise. */
export function parseOrigin(text: string): Origin | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isTls = url.protocol === 'https:';
  if (!isTls && url.protocol !== 'http:') return null;
  if (url.username + url.password + url.search + url.hash !== '' || url.pathname !== '/') return null;
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const defaultPort = isTls ? 443 : 80;
  return { isTls, host, port: url.port === '' ? defaultPort : Number(url.port), authority: url.host };
}
