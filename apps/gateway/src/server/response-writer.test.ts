import { TollgateError, createId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { plainErrors } from './fixtures/test-server.ts';
import { type ResponseTransport, UwsResponseWriter } from './response-writer.ts';

const id = createId('request', 0);

class FakeTransport implements ResponseTransport {
  readonly calls: unknown[][] = [];
  takes = true;

  sendWhole(...call: unknown[]): void {
    this.calls.push(['whole', ...call]);
  }
  writeFirst(head: unknown, chunk: Buffer): boolean {
    this.calls.push(['first', head, String(chunk)]);
    return this.takes;
  }
  write(chunk: Buffer): boolean {
    this.calls.push(['write', chunk.length > 100 ? chunk.length : String(chunk)]);
    return this.takes;
  }
  endStream(head: unknown, last: Buffer): void {
    this.calls.push(['end', head === null ? null : 'head', ...(last.length > 0 ? [String(last)] : [])]);
  }
  close(): void {
    this.calls.push(['close']);
  }
}

function build() {
  const transport = new FakeTransport();
  const writer = new UwsResponseWriter(id, plainErrors, transport);
  const seen: string[] = [];
  writer.onAbort = () => seen.push('abort');
  writer.onDrain = () => seen.push('drain');
  return { transport, writer, seen };
}

describe('UwsResponseWriter', () => {
  it('[REQ-2] idle: an error is a whole JSON answer with Retry-After rounded up', () => {
    const { transport, writer } = build();
    writer.sendError(new TollgateError('rate_limited', { retryAfterMs: 1001 }));
    const [call] = transport.calls;
    expect(call?.[1]).toEqual({
      line: '429 Too Many Requests',
      lines: `${id}\r\ncontent-type: application/json\r\nretry-after: 2`,
    });
    expect(JSON.parse(String(call?.[2]))).toMatchObject({ code: 'rate_limited', request_id: id });
  });

  it.each([
    ['method_not_allowed', { allow: 'POST' }, 'allow: POST'],
    ['upgrade_required', {}, 'upgrade: HTTP/1.1\r\nconnection: Upgrade'],
    // Headers that frame the answer are the server's, whoever gives them.
    ['internal', { connection: 'close', 'x-a': 'b\r\nc' }, 'x-a: b  c'],
  ] as const)('[REQ-4] [API-8] the headers of %s', (code, headers, shown) => {
    const { transport, writer } = build();
    writer.sendError(new TollgateError(code, { headers }));
    expect(transport.calls[0]?.[1]).toMatchObject({
      lines: `${id}\r\ncontent-type: application/json\r\n${shown}`,
    });
  });

  it('[REQ-2] streaming: an error is an event of the protocol, then the end', () => {
    const { transport, writer } = build();
    writer.startStream(200, {});
    writer.write(Buffer.from('a'));
    writer.sendError(new TollgateError('internal'));
    expect(transport.calls.slice(1)).toEqual([
      ['write', 'event: error\ndata: {"code":"internal"}\n\n'],
      ['end', null],
    ]);
    expect(writer.state).toBe('ended');
  });

  it('[REQ-2] uses the shape of errors that was set last', () => {
    const { transport, writer } = build();
    writer.errorShape = { buildBody: () => 'other', buildStreamEvent: () => '' };
    writer.sendError(new TollgateError('internal'));
    expect(transport.calls[0]?.[2]).toBe('other');
  });

  it('[REQ-2] does nothing after the end', () => {
    const { transport, writer, seen } = build();
    writer.send(200, {}, 'x');
    writer.send(200, {}, 'y');
    writer.sendError(new TollgateError('internal'));
    writer.startStream(200, {});
    expect(writer.write(Buffer.from('z'))).toBe(true);
    writer.end();
    writer.cut();
    writer.leave();
    expect(transport.calls).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it('passes an empty chunk over: it would end a chunked answer', () => {
    const { transport, writer } = build();
    writer.startStream(200, {});
    expect(writer.write(Buffer.alloc(0))).toBe(true);
    expect(transport.calls).toEqual([]);
  });

  it('ends a stream without bytes with its head', () => {
    const { transport, writer } = build();
    writer.startStream(200, {});
    writer.end();
    expect(transport.calls).toEqual([['end', 'head']]);
  });

  it('ends a stream in one piece with its last bytes', () => {
    const { transport, writer } = build();
    writer.startStream(200, {});
    writer.end(Buffer.from('a'));
    expect(transport.calls).toEqual([['end', 'head', 'a']]);
  });

  it('last bytes that are large, or that the client cannot take yet, go before the end', () => {
    for (const first of ['', 'a']) {
      const { transport, writer } = build();
      writer.startStream(200, {});
      transport.takes = false;
      writer.write(Buffer.from(first));
      writer.end(Buffer.alloc(70_000));
      expect(transport.calls.some(([name]) => name === 'end')).toBe(false);
      transport.takes = true;
      while (!transport.calls.some(([name]) => name === 'end')) writer.becomeWritable();
      expect(transport.calls.at(-1)).toEqual(['end', null]);
      const sizes = transport.calls.slice(1, -1).map(([, size]) => Number(size));
      expect(sizes.reduce((sum, size) => sum + size, first === '' ? 65_536 : 0)).toBe(70_000);
    }
  });

  it('says false until the client can take more, then onDrain once', () => {
    const { transport, writer, seen } = build();
    writer.startStream(200, {});
    transport.takes = false;
    expect(writer.write(Buffer.from('a'))).toBe(false);
    expect(writer.write(Buffer.alloc(0))).toBe(false);
    transport.takes = true;
    writer.becomeWritable();
    writer.becomeWritable();
    expect(seen).toEqual(['drain']);
    expect(writer.write(Buffer.from('b'))).toBe(true);
  });

  it('holds the end back until queued bytes have moved on', () => {
    const { transport, writer, seen } = build();
    writer.startStream(200, {});
    transport.takes = false;
    writer.write(Buffer.from('a'));
    writer.end();
    expect(transport.calls).toHaveLength(1);
    writer.becomeWritable();
    expect(transport.calls[1]).toEqual(['end', null]);
    expect(seen).toEqual([]);
  });

  it('keeps what is written against back-pressure, and hands it over in small pieces', () => {
    const { transport, writer, seen } = build();
    writer.startStream(200, {});
    transport.takes = false;
    writer.write(Buffer.from('a'));
    expect(writer.write(Buffer.alloc(40_000))).toBe(false);
    expect(transport.calls).toHaveLength(1);
    writer.becomeWritable();
    expect(transport.calls.at(-1)).toEqual(['write', 16_384]);
    transport.takes = true;
    writer.becomeWritable();
    expect(transport.calls.slice(2)).toEqual([
      ['write', 16_384],
      ['write', 40_000 - 2 * 16_384],
    ]);
    expect(seen).toEqual(['drain']);
  });

  it('cuts, and tells, when the caller writes on against back-pressure', () => {
    const { transport, writer, seen } = build();
    writer.startStream(200, {});
    transport.takes = false;
    for (let round = 0; round < 7; round += 1) writer.write(Buffer.alloc(1024 * 1024));
    expect(transport.calls.map(([name]) => name)).toEqual(['first', 'close']);
    expect(seen).toEqual(['abort']);
    expect(writer.state).toBe('aborted');
  });

  it('[REQ-7] tells once that the client left, and not after our own cut', () => {
    const left = build();
    left.writer.leave();
    left.writer.leave();
    expect(left.seen).toEqual(['abort']);
    const cut = build();
    cut.writer.cut();
    cut.writer.leave();
    expect(cut.seen).toEqual([]);
    expect(cut.transport.calls).toEqual([['close']]);
  });

  it('throws when bytes come before the start', () => {
    expect(() => build().writer.write(Buffer.from('a'))).toThrow('cannot write while idle');
  });
});
