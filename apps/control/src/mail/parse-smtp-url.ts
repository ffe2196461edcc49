export interface SmtpServerOptions {
  host: string;
  port: number;
  /** TLS from the first byte. */
  isSecure: boolean;
  /** required: no mail without; offered: where the server has it; off: never. */
  startTls: 'required' | 'offered' | 'off';
  /** false: any certificate will do. */
  isVerified: boolean;
  /** null = no sign-in. */
  auth: { user: string; password: string } | null;
}

const PORT = 587;
const SECURE_PORT = 465;
const PARAMETERS: ReadonlySet<string> = new Set(['starttls', 'verify']);

/**
 * `smtp[s]://[user:password@]host[:port][?starttls=required|offered|off][&verify=off]`. With a password STARTTLS is
 * required unless the URL says otherwise: it would go in the clear. Throws an Error whose text does not repeat the URL.
 */
export function parseSmtpUrl(text: string): SmtpServerOptions {
  if (!/^smtps?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new Error('expected smtp://[user:password@]host[:port] or smtps://…');
  }
  const url = new URL(text);
  if (url.hostname === '') throw new Error('the URL has no host');
  if (url.pathname !== '' && url.pathname !== '/') throw new Error('the URL has a path');
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined) throw new Error(`unknown parameter ${unknown}`);
  const isSecure = url.protocol === 'smtps:';
  const auth = readAuth(url);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? SECURE_PORT : PORT) : Number(url.port),
    isSecure,
    startTls: readStartTls(url.searchParams.get('starttls'), auth !== null),
    isVerified: readVerify(url.searchParams.get('verify')),
    auth,
  };
}

function readAuth(url: URL): SmtpServerOptions['auth'] {
  if (url.username === '' && url.password === '') return null;
  try {
    return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    throw new Error('user and password must be percent-encoded');
  }
}

function readStartTls(value: string | null, hasPassword: boolean): SmtpServerOptions['startTls'] {
  if (value === null) return hasPassword ? 'required' : 'offered';
  if (value === 'required' || value === 'offered' || value === 'off') return value;
  throw new Error('starttls is required, offered or off');
}

function readVerify(value: string | null): boolean {
  if (value === null || value === 'on') return true;
  if (value === 'off') return false;
  throw new Error('verify is on or off');
}
