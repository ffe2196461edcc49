import { once } from 'node:events';
import { createServer } from 'node:net';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';

const ASK_MS = 2_000;

/** Free, or taken by a Tollgate that runs already. */
export const checkPorts: Check = {
  name: 'ports',
  run: ({ gateway, control }: DoctorSite) =>
    Promise.all([
      lookAt('data plane', gateway, 'TOLLGATE_GATEWAY_PORT'),
      lookAt('control plane', control, 'TOLLGATE_CONTROL_PORT'),
    ]),
};

async function lookAt(
  name: string,
  { host, port }: { host: string; port: number },
  variable: string,
): Promise<Look> {
  if (port === 0) return ok(`${name}: any free port`);
  const code = await tryPort(host, port);
  if (code === null) return ok(`${name}: port ${port} is free`);
  if (code === 'EADDRINUSE') {
    if (await isOurs(host, port))
      return warning(`${name}: Tollgate runs on port ${port} already`, 'nothing, if that is meant');
    return failure(`${name}: port ${port} is taken`, `stop the other program, or set ${variable}`);
  }
  const mend =
    code === 'EACCES' ? `take a port above 1023, or allow this one` : `mend the address in front of it`;
  return failure(`${name}: port ${port} of ${host} cannot be used (${code})`, `${mend} (${variable})`);
}

/** null = it could be listened on. */
async function tryPort(host: string, port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return null;
  } catch (fault) {
    return fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown fault';
  } finally {
    server.close();
  }
}

async function isOurs(host: string, port: number): Promise<boolean> {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}/health`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && ('ok' in body || 'status' in body);
  } catch {
    return false;
  }
}
