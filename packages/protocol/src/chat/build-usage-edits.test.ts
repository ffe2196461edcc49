import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../json/apply-edits.ts';
import { listMembers } from '../json/list-members.ts';
import { buildUsageEdits } from './build-usage-edits.ts';

function force(text: string): { text: string; hidesUsage: boolean } {
  const body = Buffer.from(text);
  const members = listMembers(body.toString('latin1')) ?? [];
  const { edits, hidesUsage } = buildUsageEdits(
    body,
    members.filter(({ key }) => key === 'stream_options'),
  );
  return { text: applyEdits(body, edits).toString(), hidesUsage };
}

describe('buildUsageEdits', () => {
  it.each([
    ['no options', ' {"model":"m"}', ' {"stream_options":{"include_usage":true},"model":"m"}', true],
    ['null', '{"stream_options":null}', '{"stream_options":{"include_usage":true}}', true],
    ['empty', '{"stream_options":{ }}', '{"stream_options":{"include_usage":true }}', true],
    [
      'other options',
      '{"stream_options":{"include_obfuscation":false}}',
      '{"stream_options":{"include_usage":true,"include_obfuscation":false}}',
      true,
    ],
    [
      'false',
      '{"stream_options":{"include_usage" : false}}',
      '{"stream_options":{"include_usage" : true}}',
      true,
    ],
    [
      'null inside',
      '{"stream_options":{"include_usage":null}}',
      '{"stream_options":{"include_usage":true}}',
      true,
    ],
    [
      'asked for',
      '{"stream_options":{"include_usage":true}}',
      '{"stream_options":{"include_usage":true}}',
      false,
    ],
    [
      'escaped',
      '{"stream_options":{"include_usag\\u0065":false}}',
      '{"stream_options":{"include_usag\\u0065":true}}',
      true,
    ],
    [
      'twice',
      '{"stream_options":null,"stream_options":{"include_usage":true}}',
      '{"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}}',
      false,
    ],
    ['a wrong type', '{"stream_options":"x"}', '{"stream_options":"x"}', false],
    [
      'a wrong type inside',
      '{"stream_options":{"include_usage":"yes"}}',
      '{"stream_options":{"include_usage":"yes"}}',
      false,
    ],
  ])('[MON-8] %s', (_name, before, after, hidesUsage) => {
    expect(force(before)).toEqual({ text: after, hidesUsage });
  });

  it('[MON-8][API-2] whatever else the body holds stays as it is, and usage is asked for', () => {
    const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: null });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), options, (rest, streamOptions) => {
        const body = { model: 'm', ...rest, ...(streamOptions && { stream_options: streamOptions }) };
        if (body.stream_options && 'include_usage' in body.stream_options)
          delete body.stream_options['include_usage'];
        const text = JSON.stringify(body);
        const forced = { ...JSON.parse(text).stream_options, include_usage: true };
        expect(JSON.parse(force(text).text)).toEqual({ ...JSON.parse(text), stream_options: forced });
      }),
    );
  });
});
