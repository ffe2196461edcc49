export interface ProxyAddress {
  scheme: 'http' | 'https' | 'socks5';
  /** A name or an IP literal, without brackets. */
  host: string;
  port: number;
  /** null = the proxy asks for none. */
  credentials: ProxyCredentials | null;
}

export interface ProxyCredentials {
  username: string;
  password: string;
}

const PORTS: Readonly<Record<ProxyAddress['scheme'], number>> = { http: 80, https: 443, socks5: 1080 };

/** `scheme://[user[:password]@]host[:port]` as it is stored (ACC-7); null when it is none. */
export function parseProxyUrl(text: string): ProxyAddress | null {
  const scheme = /^(https?|socks5):\/\//u.exec(text)?.[1] as ProxyAddress['scheme'] | undefined;
  if (scheme === undefined || !URL.canParse(text)) return null;
  const { hostname, port, username, password } = new URL(text);
  if (hostname === '') return null;
  return {
    scheme,
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    // The parser drops a scheme's own port, and knows none of socks5.
    port: port === '' ? PORTS[scheme] : Number(port),
    credentials: username === '' ? null : decodeCredentials(username, password),
  };
}

function decodeCredentials(username: string, password: string): ProxyCredentials {
  return { username: decodeText(username), password: decodeText(password) };
}

/** A broken escape stays as it is. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
