import { createServer, type AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { TurnGate } from './turn-gate.ts';
import { WireConnection, type WireBackend } from './wire-connection.ts';

/** The thread that runs the embedded Postgres. Posts `{ port }` once it listens; ends after any message. */
export interface PostgresWorkerData {
  /** null = in memory. */
  dataDir: string | null;
  password: string;
  idleInTransactionMs: number;
}

const REPORTED_PARAMETERS = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'integer_datetimes',
  'standard_conforming_strings',
];

async function readParameters(pglite: PGlite): Promise<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const name of REPORTED_PARAMETERS) {
    const { rows } = await pglite.query<{ value: string }>('select current_setting($1) as value', [name]);
    parameters[name] = rows[0]?.value ?? '';
  }
  return parameters;
}

async function serve(data: PostgresWorkerData): Promise<void> {
  const pglite = await PGlite.create(data.dataDir ?? 'memory://');
  await pglite.exec(`set time zone 'UTC'`);
  const backend: WireBackend = {
    execute: (frames) => pglite.runExclusive(() => pglite.execProtocolRaw(frames)),
    password: data.password,
    parameters: await readParameters(pglite),
    idleInTransactionMs: data.idleInTransactionMs,
    gate: new TurnGate(),
  };
  const connections = new Set<WireConnection>();
  const server = createServer((socket) => {
    const connection = new WireConnection(socket, backend);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    parentPort?.postMessage({ port });
  });
  parentPort?.once('message', async () => {
    server.close();
    await Promise.all([...connections].map((connection) => connection.close()));
    await pglite.close();
    parentPort?.close();
  });
}

await serve(workerData as PostgresWorkerData);
