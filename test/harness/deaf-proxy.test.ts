import { expect, it } from 'vitest';
import { MessageFilter } from './deaf-proxy.ts';

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const message = (channel: string, text: string) => `*3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`;
const REPLIES = [
  `*3\r\n${bulk('subscribe')}${bulk('x:{inv}:news')}:1\r\n`,
  '+OK\r\n',
  bulk('*3\r\n$7 is text'),
];
const STREAM = [
  REPLIES[0],
  message('x:{inv}:news', '{"n":1,"inv":[]}'),
  REPLIES[1],
  message('x:{inv}:node:nod_a', '[]'),
  message('x:{inv}:news', '{"n":2,"inv":[]}'),
  REPLIES[2],
].join('');

it('eats invalidations and nothing else, in whatever pieces they come', () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    let eaten = 0;
    const filter = new MessageFilter(() => (eaten += 1));
    let passed = '';
    for (let at = 0; at < STREAM.length; at += size)
      passed += filter.pass(Buffer.from(STREAM.slice(at, at + size))).toString();
    expect([eaten, passed]).toEqual([
      2,
      [REPLIES[0], REPLIES[1], message('x:{inv}:node:nod_a', '[]'), REPLIES[2]].join(''),
    ]);
  }
});
