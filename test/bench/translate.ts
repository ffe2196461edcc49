import { createStreamMeter } from '@tollgate/protocol';
import { listRecordings, type Recording } from '@tollgate/testkit';
import { createStreamTranslator, WIRE_PROTOCOLS, type WireProtocol } from '@tollgate/translate';

/**
 * What a translated stream costs beside a metered pass-through: CPU time of this thread for each event of the
 * recorded streams, in reads of 16 events. Rounds alternate, and the quickest of each counts. Both sides meter, as
 * the gateway does; neither has the sockets' costs, so that the ratio is worse here than in a gateway.
 */
const ROUNDS = 7;
const ROUND_MS = 60;
const EVENTS_PER_READ = 16;
const NAMES: Record<WireProtocol, string> = {
  messages: 'anthropic.messages',
  chat: 'openai.chat',
  responses: 'openai.responses',
  gemini: 'gemini.generate',
};

interface Stream {
  reads: Buffer[];
  events: number;
}

/** A stream cut into reads, each of whole events. */
function readStream(recording: Recording): Stream {
  const events = recording
    .readBytes()
    .toString('latin1')
    .split(/(?<=\n\n|\r\n\r\n)/u);
  const reads: Buffer[] = [];
  for (let at = 0; at < events.length; at += EVENTS_PER_READ) {
    reads.push(Buffer.from(events.slice(at, at + EVENTS_PER_READ).join(''), 'latin1'));
  }
  return { reads, events: events.length };
}

/** Long answers only: beginnings and ends are not what is measured. */
function listStreams(protocol: WireProtocol): Stream[] {
  return listRecordings({ protocol: NAMES[protocol], kind: 'stream' })
    .filter(({ file }) => file.endsWith('.sse'))
    .map(readStream)
    .filter(({ events }) => events >= (protocol === 'gemini' ? 2 : 20));
}

function meterStream(from: WireProtocol, { reads }: Stream): void {
  const meter = createStreamMeter(from);
  for (const read of reads) meter.push(read);
  meter.end();
}

function translateStream(from: WireProtocol, to: WireProtocol, { reads }: Stream): void {
  const meter = createStreamMeter(from);
  const context = { includesUsage: true, showsThoughts: true, toolNames: {}, echo: {} };
  const translator = createStreamTranslator({
    from,
    to,
    model: 'model',
    context,
    createdAtS: 0,
    createId: () => 'made',
  });
  for (const read of reads) {
    meter.push(read);
    translator.push(read);
  }
  meter.end();
  translator.end();
}

/** Nanoseconds of CPU for each event. */
function measureRound(streams: readonly Stream[], run: (stream: Stream) => void): number {
  const started = process.cpuUsage();
  const endAt = performance.now() + ROUND_MS;
  let events = 0;
  while (performance.now() < endAt) {
    for (const stream of streams) {
      run(stream);
      events += stream.events;
    }
  }
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1000) / events;
}

function measurePair(from: WireProtocol, to: WireProtocol): string {
  const streams = listStreams(from);
  const best = { meter: Infinity, translated: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    best.meter = Math.min(
      best.meter,
      measureRound(streams, (stream) => meterStream(from, stream)),
    );
    best.translated = Math.min(
      best.translated,
      measureRound(streams, (stream) => translateStream(from, to, stream)),
    );
  }
  const { meter, translated } = best;
  const figures = [meter, translated].map((ns) => `${ns.toFixed(0).padStart(7)} ns`);
  return `${from.padEnd(9)} → ${to.padEnd(9)} ${figures.join(' ')}  ${(translated / meter).toFixed(1)} ×`;
}

console.log('pair                    metered  translated and metered, for each event');
for (const from of WIRE_PROTOCOLS) {
  for (const to of WIRE_PROTOCOLS) if (to !== from) console.log(measurePair(from, to));
}
