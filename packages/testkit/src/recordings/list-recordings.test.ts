import { describe, expect, it } from 'vitest';
import { listRecordings } from './list-recordings.ts';

describe('listRecordings', () => {
  it('every entry of the index has its file, its source and, where named, its request', () => {
    const recordings = listRecordings();
    expect(recordings.length).toBeGreaterThan(60);
    const broken = recordings.filter(
      (recording) =>
        recording.readBytes().length === 0 ||
        recording.source === '' ||
        (recording.request_file !== undefined && recording.readRequestBytes()?.length === 0),
    );
    expect(broken).toEqual([]);
  });

  it('filters by protocol and kind', () => {
    const streams = listRecordings({ protocol: 'anthropic.messages', kind: 'stream' });
    expect(streams).toHaveLength(16);
    expect(new Set(streams.map(({ kind }) => kind))).toEqual(new Set(['stream']));
    expect(listRecordings({ protocol: 'no.such' })).toEqual([]);
  });
});
