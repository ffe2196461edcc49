import { describe, expect, it } from 'vitest';
import { parseRedisUrl, type RedisAddress } from './parse-redis-url.ts';

const LOCAL: RedisAddress = {
  host: 'localhost',
  port: 6379,
  path: null,
  isTls: false,
  username: null,
  password: null,
  db: 0,
  family: 0,
};

describe('a Redis URL', () => {
  it.each<[string, Partial<RedisAddress>]>([
    ['', {}],
    ['redis://', {}],
    ['redis://h', { host: 'h' }],
    ['redis://h:7000/3', { host: 'h', port: 7000, db: 3 }],
    ['redis://:p%40ss@h', { host: 'h', password: 'p@ss' }],
    ['rediss://us%3Aer:p@h/', { host: 'h', isTls: true, username: 'us:er', password: 'p' }],
    ['redis://h?tls=true', { host: 'h', isTls: true }],
    ['redis://[2001:db8::1]:7000', { host: '2001:db8::1', port: 7000 }],
    [
      'redis://h?db=4&username=u&password=p&family=6',
      { host: 'h', db: 4, username: 'u', password: 'p', family: 6 },
    ],
    ['redis://a:b@h/1?db=4&password=p', { host: 'h', db: 1, username: 'a', password: 'b' }],
    ['h:7000', { host: 'h', port: 7000 }],
    ['//h', { host: 'h' }],
    ['7000', { port: 7000 }],
    ['/run/my%20redis.sock?db=2', { path: '/run/my redis.sock', db: 2 }],
  ])('%s', (text, parts) => expect(parseRedisUrl(text)).toEqual({ ...LOCAL, ...parts }));

  it.each(['redis://u:secret@h:99999', 'redis://u:secret@h/x', 'redis://u:%zzsecret@h', 'redis://u:secret@'])(
    '%j is refused without repeating it',
    (text) => {
      expect(() => parseRedisUrl(text)).toThrow(RangeError);
      expect(() => parseRedisUrl(text)).not.toThrow('secret');
    },
  );
});
