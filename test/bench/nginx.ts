import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, findServerBinary } from '@tollgate/testkit';

export interface Nginx {
  /** Answers every path at once with the fixed bytes. */
  upstreamUrl: string;
  /** nginx's plain proxy_pass with kept-alive connections to that upstream. */
  proxyUrl: string;
  /** Pids whose CPU time is the proxy's. */
  proxyPids(): number[];
  stop(): void;
}

/** Two nginx masters with one worker each: the upstream and the proxy, so that their CPU can be told apart. */
export async function startNginx(answer: { contentType: string; body: string }): Promise<Nginx> {
  const program = findServerBinary('nginx', 'nginx-light');
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-nginx-'));
  const upstreamPort = await findFreePort();
  const proxyPort = await findFreePort();
  writeFileSync(join(folder, 'answer'), answer.body);
  const upstream = run('upstream', upstreamConfig(upstreamPort, answer.contentType));
  const proxy = run('proxy', proxyConfig(proxyPort, upstreamPort));
  await sleep(500);
  return {
    upstreamUrl: `http://127.0.0.1:${upstreamPort}`,
    proxyUrl: `http://127.0.0.1:${proxyPort}`,
    proxyPids: () => listChildren(proxy.pid ?? 0),
    stop() {
      upstream.kill('SIGTERM');
      proxy.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function run(name: string, http: string) {
    const file = join(folder, `${name}.conf`);
    writeFileSync(
      file,
      `worker_processes 1; daemon off; pid ${folder}/${name}.pid; error_log ${folder}/${name}.log;
       events { worker_connections 4096; }
       http { access_log off; keepalive_requests 1000000000; client_body_buffer_size 128k;
         client_body_temp_path ${folder}/${name}-body; proxy_temp_path ${folder}/${name}-proxy;
         fastcgi_temp_path ${folder}/${name}-f; uwsgi_temp_path ${folder}/${name}-u; scgi_temp_path ${folder}/${name}-s;
         ${http} }`,
    );
    return spawn(program, ['-c', file, '-p', folder], { stdio: 'ignore' });
  }

  function upstreamConfig(port: number, contentType: string): string {
    const text = answer.body.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('$', '');
    return `server { listen 127.0.0.1:${port}; location / { default_type ${contentType}; return 200 '${text}'; } }`;
  }

  function proxyConfig(port: number, to: number): string {
    return `upstream up { server 127.0.0.1:${to}; keepalive 256; keepalive_requests 1000000000; }
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; } }`;
  }
}

function listChildren(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [pid] : text.split(' ').map(Number);
}
