/** What a turn of four operations costs the loop: ioredis, the lean connection, and a bare socket. */
import { connect } from 'node:net';
import { silentLogger, systemClock } from '@tollgate/core';
import { startRedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { Link } from '../src/redis/link.ts';
import { encodeCommands } from '../src/redis/resp/encode-command.ts';
import type { Script } from '../src/redis/scripts.ts';
import { compareCpu } from './paired-rounds.ts';

/** The size of a turn of four operations; the script does next to nothing, so that this process is what is measured. */
const TURN = JSON.stringify(
  Array.from({ length: 30 }, (_, index) => `tg:{u:usr_${index}}:slots:01J8ZD6W3N${index}`),
);
const RESULT = JSON.stringify([[1, 1, 59, 30_000], 1, [1, 1, 58, 30_000], 2]);
const SOURCE = `return '${RESULT}'`;

const server = await startRedisServer();
const redis = new Redis(server.url);
const sha = (await redis.script('LOAD', SOURCE)) as string;
const script: Script = { name: 'turn', source: SOURCE, sha };
const link = new Link({
  url: server.url,
  connectionName: 'bench',
  callTimeoutMs: 5_000,
  logger: silentLogger,
  clock: systemClock,
  onUsable() {},
});
await link.opened;

/** On a Cluster each hash tag has a call of its own. */
const part = TURN.slice(0, TURN.length / 4);
const fourCalls = Array.from({ length: 4 }, () => ({ script, keys: ['tg:{u:usr_1}:slots'], args: [part] }));
const fourCommands = fourCalls.map(({ keys, args }) => ['evalsha', sha, 1, ...keys, ...args]);

let wake = () => {};
const buffer = Buffer.alloc(65_536);
const socket = connect({
  port: server.port,
  host: '127.0.0.1',
  noDelay: true,
  onread: { buffer, callback: () => (wake(), true) },
});
const { text } = encodeCommands([['EVALSHA', sha, 0, TURN]]);

await compareCpu(
  [
    { name: 'ioredis', run: () => redis.call('evalsha', sha, 0, TURN) },
    {
      name: 'lean connection',
      run: () => link.send([{ script, keys: [], args: [TURN] }]) ?? Promise.reject(),
    },
    {
      name: 'bare socket, reply not read',
      run: () =>
        new Promise<void>((resolve) => {
          wake = resolve;
          socket.write(text, 'latin1');
        }),
    },
  ],
  { rounds: 25, runsPerRound: 2_000 },
);
await compareCpu(
  [
    { name: 'four calls, ioredis', run: () => redis.pipeline(fourCommands).exec() },
    { name: 'four calls, lean connection', run: () => link.send(fourCalls) ?? Promise.reject() },
  ],
  { rounds: 25, runsPerRound: 2_000 },
);

socket.destroy();
link.close();
redis.disconnect();
await server.stop();
