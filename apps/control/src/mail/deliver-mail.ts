import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpServerOptions } from './parse-smtp-url.ts';

export interface Mail {
  /** Address of the envelope. */
  from: string;
  to: string;
  /** RFC 5322. */
  message: Buffer;
}

export type Delivery =
  | { kind: 'delivered' }
  /** The server will not take it for this address, ever. */
  | { kind: 'refused'; reason: string }
  /** The server is away, busy or asks to come again: it has not taken the mail. */
  | { kind: 'later'; reason: string }
  /** The whole mail went out and no answer came: it may have been taken. */
  | { kind: 'uncertain'; reason: string };

export interface DeliverOptions {
  /** Just before the content goes out, so that a process that dies afterwards has left word. A rejection stops the mail. */
  onHandOver(): Promise<void>;
  /** For connection, greeting, and each wait for an answer. */
  timeoutMs: number;
}

/** One mail to one address over a connection of its own. Never rejects for what the server does. */
export async function deliverMail(
  server: SmtpServerOptions,
  mail: Mail,
  options: DeliverOptions,
): Promise<Delivery> {
  const state = { isHandedOver: false, fault: null as unknown };
  const connection = openConnection(server, options.timeoutMs);
  try {
    await connect(connection);
    if (server.auth) await signIn(connection, server.auth);
    await send(connection, mail, streamMessage(mail.message, options, state));
    return { kind: 'delivered' };
  } catch (fault) {
    if (state.fault !== null) throw state.fault;
    return mapFault(fault, state.isHandedOver);
  } finally {
    connection.close();
  }
}

function openConnection(server: SmtpServerOptions, timeoutMs: number): SMTPConnection {
  return new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.isSecure,
    requireTLS: !server.isSecure && server.startTls === 'required',
    ignoreTLS: server.startTls === 'off',
    tls: { rejectUnauthorized: server.isVerified },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
}

/** The connection tells of a fault by its callback, by an event, or by both. */
function run<Result>(
  connection: SMTPConnection,
  work: (done: (fault: Error | null | undefined, result?: Result) => void) => void,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    connection.once('error', reject);
    connection.once('end', () => reject(new Error('the connection was closed')));
    work((fault, result) => (fault ? reject(fault) : resolve(result)));
  });
}

function connect(connection: SMTPConnection): Promise<unknown> {
  return run(connection, (done) => connection.connect((fault) => done(fault)));
}

function signIn(connection: SMTPConnection, auth: { user: string; password: string }): Promise<unknown> {
  const credentials = { user: auth.user, pass: auth.password };
  return run(connection, (done) => connection.login({ credentials }, (fault) => done(fault)));
}

function send(connection: SMTPConnection, { from, to }: Mail, message: Readable): Promise<unknown> {
  return run(connection, (done) => connection.send({ from, to: [to] }, message, (fault) => done(fault)));
}

/** Read by the connection only when the server has said that it takes the content. */
function streamMessage(
  message: Buffer,
  { onHandOver }: DeliverOptions,
  state: { isHandedOver: boolean; fault: unknown },
): Readable {
  async function* read(): AsyncGenerator<Buffer> {
    try {
      await onHandOver();
    } catch (fault) {
      state.fault = fault;
      throw fault;
    }
    yield message;
    state.isHandedOver = true;
  }
  return Readable.from(read(), { objectMode: false, highWaterMark: 1 });
}

interface SmtpFault {
  code?: string;
  responseCode?: number;
  command?: string;
}

/** Only an answer about the address or the mail itself is for good; a wrong password may be mended. */
function mapFault(fault: unknown, isHandedOver: boolean): Delivery {
  const reason = fault instanceof Error ? fault.message.slice(0, 500) : 'unknown';
  const { responseCode = 0, command = '' } = (fault instanceof Error ? fault : {}) as SmtpFault;
  if (responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA'))
    return { kind: 'refused', reason };
  if (responseCode === 0 && isHandedOver) return { kind: 'uncertain', reason };
  return { kind: 'later', reason };
}
