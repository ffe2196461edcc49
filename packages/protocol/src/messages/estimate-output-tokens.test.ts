import { listRecordings } from '@tollgate/testkit';
import { describe, expect, it } from 'vitest';
import { estimateOutputTokens } from './estimate-output-tokens.ts';
import { createMessagesStreamMeter } from './stream-meter.ts';

describe('estimateOutputTokens', () => {
  it('is whole, and 0 for nothing', () => {
    expect([0, 1, 3, 4].map(estimateOutputTokens)).toEqual([0, 1, 1, 2]);
  });

  it('[MON-7] is within a factor of two for most recorded answers', () => {
    const ratios = listRecordings({ protocol: 'anthropic.messages', kind: 'stream' }).flatMap((recording) => {
      const meter = createMessagesStreamMeter();
      meter.push(recording.readBytes());
      const truth = meter.usage()?.usage.outputTokens ?? 0;
      return truth < 50 ? [] : [estimateOutputTokens(meter.outputBytes) / truth];
    });
    const close = ratios.filter((ratio) => ratio > 0.5 && ratio < 2);
    expect(close.length / ratios.length).toBeGreaterThan(0.6);
  });
});
