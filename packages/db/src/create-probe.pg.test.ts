import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openDatabase } from './open-database.ts';

describe('answersWithin', () => {
  const sockets: Socket[] = [];
  let silent: Server;
  beforeAll(async () => {
    silent = createServer((socket) => void sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await once(silent, 'close');
  });

  const ask = async (url: string, ms: number, isEmbedded = false) => {
    const db = openDatabase(url, { isEmbedded });
    const answers = await Promise.all([db.answersWithin(ms), db.answersWithin(ms)]);
    const again = await db.answersWithin(ms);
    await db.close(0);
    return [...answers, again];
  };
  const silentUrl = () => `postgres://x@127.0.0.1:${(silent.address() as AddressInfo).port}/x`;

  it('[CTL-1] is false of a server that takes connections and says nothing, each time anew', async () => {
    expect(await ask(silentUrl(), 50)).toEqual([false, false, false]);
    // Who asked together shared a look; a busy server may not have seen the connection of one yet.
    expect(sockets.length).toBeLessThanOrEqual(2);
  });

  it('[CTL-1] is true of one that answers, of one that refuses, and of an embedded one', async () => {
    expect(await ask(inject('postgresUrl'), 30_000)).toEqual([true, true, true]);
    expect(await ask('postgres://x@127.0.0.1:1/x', 30_000)).toEqual([true, true, true]);
    expect(await ask(silentUrl(), 50, true)).toEqual([true, true, true]);
  });
});
