import { describe, expect, it } from 'vitest';
import { SseTap } from './sse-tap.ts';

interface Seen {
  name: string;
  data: string;
  dataBytes: number;
  startAt: number;
  isCut: boolean;
}

interface Reading {
  events: Seen[];
  foreign: number;
}

function readAll(chunks: (Buffer | string)[], dataBytesMax = 1_000, withEnd = false): Reading {
  const reading: Reading = { events: [], foreign: 0 };
  const tap = new SseTap({
    selectDataBytesMax: () => dataBytesMax,
    onEvent: (name, data, dataBytes, startAt, isCut) =>
      reading.events.push({ name, data: data.toString('utf8'), dataBytes, startAt, isCut }),
    onForeignLine: () => (reading.foreign += 1),
  });
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    tap.push(copy);
    copy.fill(0);
  }
  if (withEnd) tap.end();
  return reading;
}

const cutBytes = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.of(byte));

describe('SseTap', () => {
  it.each([
    ['LF', 'event: a\ndata: 1\n\nevent: b\ndata: 2\n\n'],
    ['CRLF', 'event: a\r\ndata: 1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n'],
    ['CR', 'event: a\rdata: 1\r\revent: b\rdata: 2\r\r'],
    ['mixed', 'event: a\r\ndata: 1\n\r\nevent: b\rdata: 2\r\n\r'],
  ])('reads %s line ends, whole and byte by byte', (_name, text) => {
    const expected = [
      ['a', '1', 0],
      ['b', '2', text.indexOf('event: b')],
    ];
    for (const chunks of [[text], cutBytes(text)]) {
      const { events, foreign } = readAll(chunks);
      expect(events.map(({ name, data, startAt }) => [name, data, startAt])).toEqual(expected);
      expect(foreign).toBe(0);
    }
  });

  it('tells names apart that have the same length, middle and end, and long ones, whatever came before', () => {
    const long = 'l'.repeat(100);
    const names = [
      'aXbYc',
      'aZbYc',
      'aXbYc',
      'AXbYc',
      `${long}1`,
      `${long}2`,
      `${long}1`,
      '',
      'aXbY',
      '\u00e9',
    ];
    const { events } = readAll(names.map((name) => Buffer.from(`event: ${name}\ndata: 1\n\n`, 'latin1')));
    expect(events.map(({ name }) => name)).toEqual(names);
  });

  it('skips a byte order mark, also one that is cut', () => {
    const text = '\uFEFFdata: x\n\n';
    for (const chunks of [[text], cutBytes(text)]) {
      expect(readAll(chunks)).toEqual({
        events: [{ name: '', data: 'x', dataBytes: 1, startAt: 3, isCut: false }],
        foreign: 0,
      });
    }
  });

  it('ignores comments, ids and retries; a comment alone is no event', () => {
    const { events, foreign } = readAll([': ping\n\nid: 7\nretry: 10\nevent: a\n: inside\ndata: 1\n\n']);
    expect(events).toEqual([{ name: 'a', data: '1', dataBytes: 1, startAt: 8, isCut: false }]);
    expect(foreign).toBe(0);
  });

  it('joins several data lines by LF and takes away one space only', () => {
    const text = 'data:  a\ndata:b\ndata\ndata: c\n\n';
    for (const chunks of [[text], cutBytes(text)]) {
      expect(readAll(chunks).events.map(({ data }) => data)).toEqual([' a\nb\n\nc']);
    }
  });

  it('keeps a character that is cut between chunks', () => {
    const text = 'data: €😀\n\n';
    expect(readAll(cutBytes(text)).events[0]?.data).toBe('€😀');
  });

  it('an event without data is none, and does not name the next one', () => {
    expect(readAll(['event: a\n\ndata: 1\n\n']).events.map(({ name }) => name)).toEqual(['']);
  });

  it('keeps no more than is wanted of an event that is cut by chunk borders', () => {
    const { events } = readAll([`data: ${'x'.repeat(5_000)}`, `${'y'.repeat(5_000)}\n\n`], 100);
    expect(events).toHaveLength(1);
    expect(events[0]?.isCut).toBe(true);
    expect(events[0]?.dataBytes).toBe(10_000);
    expect(events[0]?.data.length).toBeLessThanOrEqual(110);
  });

  it('does not join an endless run of data lines', () => {
    const { events } = readAll(['data: x\n'.repeat(100_000), '\n'], 1 << 20);
    expect(events[0]?.isCut).toBe(true);
    expect(events[0]?.data.length).toBeLessThan(1_000);
  });

  it('an event that is bigger than a chunk arrives whole', () => {
    const data = '0123456789'.repeat(5_000);
    const text = `event: big\ndata: ${data}\n\ndata: next\n\n`;
    const chunks = Array.from({ length: Math.ceil(text.length / 77) }, (_, index) =>
      text.slice(index * 77, index * 77 + 77),
    );
    expect(readAll(chunks, 100_000).events.map((event) => event.data)).toEqual([data, 'next']);
  });

  it.each([
    ['HTML', '<!doctype html>\n<html>'],
    ['plain JSON without a line end', '{"type":"error"}'],
    ['a field name that goes on', 'database: 1\n\n'],
    ['an HTTP header', 'eventual: 1\n\n'],
  ])('reports a foreign line once: %s', (_name, text) => {
    expect(readAll([text + '\n' + text]).foreign).toBe(1);
    expect(readAll(cutBytes(text)).foreign).toBe(1);
  });

  it('hands over at the end what has no blank line', () => {
    expect(readAll(['event: a\ndata: 1'], 100, true).events.map(({ data }) => data)).toEqual(['1']);
    expect(readAll(['event: a\ndata: 1'], 100, false).events).toEqual([]);
    expect(readAll([], 100, true)).toEqual({ events: [], foreign: 0 });
  });

  it('an empty chunk between CR and LF changes nothing', () => {
    expect(readAll(['data: 1\r', '', '\n\r\n']).events.map(({ data }) => data)).toEqual(['1']);
  });
});
