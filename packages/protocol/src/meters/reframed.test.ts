import { describe, expect, it } from 'vitest';
import { createConformanceChecker } from '../conformance/create-conformance-checker.ts';
import { pushCut } from '../testing/cut-bytes.ts';
import { listProtocolRecordings, RECORDED_PROTOCOLS } from '../testing/recorded-protocols.ts';
import { createStreamMeter } from './create-stream-meter.ts';
import type { ProtocolStreamMeter } from './stream-meter.ts';

const text = (bytes: Buffer): string => bytes.toString('latin1').replaceAll('\r\n', '\n');
const bytes = (stream: string): Buffer => Buffer.from(stream, 'latin1');

/** The same events as other servers and proxies might write them (WHATWG HTML §9.2). */
const FRAMINGS: Record<string, (stream: string) => string> = {
  CRLF: (stream) => stream.replaceAll('\n', '\r\n'),
  CR: (stream) => stream.replaceAll('\n', '\r'),
  'a byte order mark': (stream) => `\u00ef\u00bb\u00bf${stream}`,
  'comments between all events': (stream) => `: hi\n\n${stream.replaceAll('\n\n', '\n\n: ping\n\n')}`,
  'ids and retries': (stream) => stream.replaceAll(/^data:/gmu, 'id: 7\nretry: 10\ndata:'),
  'no space behind the colon': (stream) => stream.replaceAll(/^(data|event): /gmu, '$1:'),
  'JSON over several lines': (stream) =>
    stream.replaceAll(/^data: (\{.*)$/gmu, (_line, json: string) => spread(json)),
  'blank lines': (stream) => stream.replaceAll('\n\n', '\n\n\n\n'),
};

/** A line end may stand behind the brace that opens an object. */
const spread = (json: string): string => `data: {\ndata: ${json.slice(1)}`;

function meter(protocol: (typeof RECORDED_PROTOCOLS)[number], stream: Buffer): ProtocolStreamMeter {
  const created = createStreamMeter(protocol);
  pushCut(created, stream, [100, 1_000, 1_001, 5_000]);
  return created;
}

describe.each(RECORDED_PROTOCOLS)('framing, %s', (protocol) => {
  const streams = listProtocolRecordings(protocol, 'stream').filter(({ file }) => file.endsWith('.sse'));

  it.each(Object.entries(FRAMINGS))('[MON-8] %s: all recordings say the same', (_name, frame) => {
    for (const recording of streams) {
      const plain = meter(protocol, recording.readBytes());
      const framed = meter(protocol, bytes(frame(text(recording.readBytes()))));
      expect([recording.file, framed.usage()]).toEqual([recording.file, plain.usage()]);
      expect(framed).toMatchObject({ isComplete: true, isBroken: false, error: null, irregular: 0 });
      expect(framed.outputBytes).toBe(plain.outputBytes);
    }
  });

  it.each(['CRLF', 'CR', 'comments between all events', 'blank lines'])(
    '%s: the checker sees no fault',
    (name) => {
      const frame = FRAMINGS[name] ?? String;
      for (const recording of streams) {
        const checker = createConformanceChecker(protocol, { allowsSecondAnswer: true });
        pushCut(checker, bytes(`${frame(text(recording.readBytes()))}\n\n`), [77, 1_000]);
        expect([recording.file, ...checker.problems]).toEqual([recording.file]);
      }
    },
  );
});
