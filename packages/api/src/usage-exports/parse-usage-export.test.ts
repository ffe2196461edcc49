import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUsageExport } from './parse-usage-export.ts';
import { NOTHING_SAID, type ExportProvider, type UsageExportRow } from './usage-export-row.ts';

async function* cut(text: string | Uint8Array, places: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  let start = 0;
  for (const place of [...places].toSorted((a, b) => a - b)) {
    yield bytes.subarray(start, Math.max(start, place));
    start = Math.max(start, place);
  }
  yield bytes.subarray(start);
}

async function parse(
  text: string | Uint8Array,
  provider: ExportProvider = 'anthropic',
  places: readonly number[] = [],
): Promise<UsageExportRow[]> {
  const rows: UsageExportRow[] = [];
  for await (const row of parseUsageExport(cut(text, places), provider)) rows.push(row);
  return rows;
}

const ANTHROPIC_HEADER =
  'usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,' +
  'usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,' +
  'usage_output_tokens,web_search_count,inference_geo,speed';
const ANTHROPIC_CSV = [
  ANTHROPIC_HEADER,
  '2026-08-05,claude-opus-5,"Ann, the ""first""",Default,standard,≤ 200k,100,20,30,4000,50,1,us,fast',
  '2026-08-05,claude-opus-5,other,Default,standard,≤ 200k,1,0,0,0,2,0,us,fast',
  '2026-08-06,claude-haiku-4-5,other,Default,standard,≤ 200k,7,0,0,0,8,0,us,fast',
].join('\r\n');
const ANTHROPIC_ROWS: UsageExportRow[] = [
  {
    ...NOTHING_SAID,
    from: '2026-08-05T00:00:00.000Z',
    to: '2026-08-06T00:00:00.000Z',
    model: 'claude-opus-5',
    inputTokens: 101,
    cacheWrite5mTokens: 20,
    cacheWrite1hTokens: 30,
    cacheReadTokens: 4000,
    outputTokens: 52,
    webSearchRequests: 1,
  },
  {
    ...NOTHING_SAID,
    from: '2026-08-06T00:00:00.000Z',
    to: '2026-08-07T00:00:00.000Z',
    model: 'claude-haiku-4-5',
    inputTokens: 7,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 8,
    webSearchRequests: 0,
  },
];

const result = (extra = {}) => ({
  uncached_input_tokens: 1500,
  cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
  cache_read_input_tokens: 200,
  output_tokens: 500,
  server_tool_use: { web_search_requests: 10 },
  api_key_id: 'apikey_1',
  workspace_id: null,
  model: 'claude-sonnet-4-20250514',
  service_tier: 'standard',
  context_window: '0-200k',
  ...extra,
});
const anthropicPage = (...buckets: object[]) => ({ data: buckets, has_more: false, next_page: null });
const bucket = (hour: number, ...results: object[]) => ({
  starting_at: `2025-08-01T0${hour}:00:00Z`,
  ending_at: `2025-08-01T0${hour + 1}:00:00Z`,
  results,
});

describe('usage exports', () => {
  it('[MON-13] reads the CSV of the Anthropic console, adding up keys by day and model', async () => {
    expect(await parse(ANTHROPIC_CSV)).toEqual(ANTHROPIC_ROWS);
    expect(await parse(`\uFEFF${ANTHROPIC_CSV}\r\n\r\n`)).toEqual(ANTHROPIC_ROWS);
  });

  it('[MON-13] any cut of the bytes gives the same rows', async () => {
    const size = Buffer.byteLength(ANTHROPIC_CSV);
    const places = fc.array(fc.nat(size), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        expect(await parse(ANTHROPIC_CSV, 'anthropic', at)).toEqual(ANTHROPIC_ROWS);
      }),
      { numRuns: 200 },
    );
  });

  it('[MON-13] reads pages of the Anthropic usage API: one, several in an array, one a line', async () => {
    const one = anthropicPage(bucket(1, result(), result({ api_key_id: 'apikey_2' })));
    const two = anthropicPage(bucket(2, result({ model: null })));
    const rows = await parse(JSON.stringify([one, two], null, 2));
    expect(rows).toEqual([
      {
        ...NOTHING_SAID,
        from: '2025-08-01T01:00:00.000Z',
        to: '2025-08-01T02:00:00.000Z',
        model: 'claude-sonnet-4-20250514',
        inputTokens: 3000,
        cacheReadTokens: 400,
        cacheWrite5mTokens: 1000,
        cacheWrite1hTokens: 2000,
        outputTokens: 1000,
        webSearchRequests: 20,
      },
      expect.objectContaining({ from: '2025-08-01T02:00:00.000Z', model: null, inputTokens: 1500 }),
    ]);
    expect(await parse(`${JSON.stringify(one)}\n${JSON.stringify(two)}\n`)).toEqual(rows);
    expect(await parse(JSON.stringify([...one.data, ...two.data]))).toEqual(rows);
  });

  it('[MON-13] buckets and lines that are there twice count once; minutes become hours', async () => {
    const page = anthropicPage(bucket(1, result()));
    expect(await parse(JSON.stringify([page, page]))).toEqual(await parse(JSON.stringify(page)));
    const twice = `${ANTHROPIC_CSV}\r\n${ANTHROPIC_CSV.split('\r\n').slice(1).join('\r\n')}`;
    expect(await parse(twice)).toEqual(ANTHROPIC_ROWS);
    const minutes = [0, 1, 59].map((minute) => ({
      starting_at: new Date(Date.UTC(2025, 7, 1, 3, minute)).toISOString(),
      ending_at: new Date(Date.UTC(2025, 7, 1, 3, minute + 1)).toISOString(),
      results: [result()],
    }));
    expect(await parse(JSON.stringify(anthropicPage(...minutes)))).toEqual([
      expect.objectContaining({
        from: '2025-08-01T03:00:00.000Z',
        to: '2025-08-01T04:00:00.000Z',
        inputTokens: 4500,
      }),
    ]);
  });

  it('[MON-13] reads the OpenAI usage API: input without what came from the cache', async () => {
    const page = {
      object: 'page',
      data: [
        {
          object: 'bucket',
          start_time: 1730419200,
          end_time: 1730505600,
          results: [
            {
              object: 'organization.usage.completions.result',
              input_tokens: 1000,
              output_tokens: 500,
              input_cached_tokens: 800,
              input_audio_tokens: 0,
              output_audio_tokens: 0,
              num_model_requests: 5,
              project_id: null,
              user_id: null,
              api_key_id: null,
              model: 'gpt-4o-2024-08-06',
              batch: null,
            },
          ],
        },
      ],
      has_more: true,
      next_page: 'page_AAA',
    };
    expect(await parse(JSON.stringify(page), 'openai')).toEqual([
      {
        ...NOTHING_SAID,
        from: '2024-11-01T00:00:00.000Z',
        to: '2024-11-02T00:00:00.000Z',
        model: 'gpt-4o-2024-08-06',
        requests: 5,
        inputTokens: 200,
        cacheReadTokens: 800,
        outputTokens: 500,
      },
    ]);
  });

  it('[MON-13] [MON-1] reads costs digit by digit: floats, exponents, cents', async () => {
    const costs = (...values: string[]) =>
      `{"object":"page","data":[{"object":"bucket","start_time":1730419200,"end_time":1730505600,"results":[${values
        .map(
          (value) =>
            `{"object":"organization.costs.result","amount":{"value":${value},"currency":"usd"},"line_item":"gpt-4o-2024-08-06, input"}`,
        )
        .join(',')}]}]}`;
    const sum = async (...values: string[]) => (await parse(costs(...values), 'openai'))[0]?.costUsd;
    expect(await sum('0.06')).toBe('0.06');
    expect(await sum('0.1', '0.2')).toBe('0.3');
    expect(await sum('1.5e-05')).toBe('0.000015');
    expect(await sum('0.0600000000000000055')).toBe('0.06');
    expect(await sum('0.0000000000005')).toBe('0.000000000001');
    expect(await sum('12345678.123456789012')).toBe('12345678.123456789012');
    const [row] = await parse(costs('0.06'), 'openai');
    expect(row).toMatchObject({ model: 'gpt-4o-2024-08-06', inputTokens: null, outputTokens: null });
    const report = anthropicPage({
      starting_at: '2025-08-01T00:00:00Z',
      ending_at: '2025-08-02T00:00:00Z',
      results: [{ currency: 'USD', amount: '123.78912', model: 'claude-x', workspace_id: null }],
    });
    expect(await parse(JSON.stringify(report))).toMatchObject([{ model: 'claude-x', costUsd: '1.2378912' }]);
  });

  it('[MON-13] reads the CSV of the OpenAI console, with counts that have decimals', async () => {
    const csv =
      'start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,input_tokens,output_tokens,input_cached_tokens\n' +
      '1761523200,1761523260,2025-10-27T00:00:00+00:00,2025-10-27T00:01:00+00:00,p,3.0,gpt-5,7162,10,1280\n' +
      '1761526799,1761526860,2025-10-27T00:59:59+00:00,2025-10-27T01:01:00+00:00,p,,gpt-5,1,1,\n';
    expect(await parse(csv, 'openai')).toEqual([
      {
        ...NOTHING_SAID,
        from: '2025-10-27T00:00:00.000Z',
        to: '2025-10-27T01:00:00.000Z',
        model: 'gpt-5',
        requests: 3,
        inputTokens: 5882,
        cacheReadTokens: 1280,
        outputTokens: 10,
      },
      expect.objectContaining({
        from: '2025-10-27T00:59:59.000Z',
        to: '2025-10-27T01:01:00.000Z',
        requests: 0,
      }),
    ]);
  });

  it('[MON-13] reads requests one by one, in any time zone', async () => {
    const csv = [
      'timestamp,request_id,model,input_tokens,output_tokens,cost_usd',
      '2026-01-01T01:30:00+02:00,req_a,claude-x,10,5,0.1',
      '2025-12-31 23:45:00 UTC,req_b,claude-x,1,2,',
      '2025-12-31T23:59:59.999999,req_c,claude-x,1,2,1e-3',
    ].join('\n');
    const rows = await parse(csv);
    expect(rows.map(({ from, requestId, costUsd }) => [from, requestId, costUsd])).toEqual([
      ['2025-12-31T23:00:00.000Z', 'req_a', '0.1'],
      ['2025-12-31T23:00:00.000Z', 'req_b', '0'],
      ['2025-12-31T23:00:00.000Z', 'req_c', '0.001'],
    ]);
    await expect(parse(`${csv}\n2025-12-31T23:00:00Z,,claude-x,1,2,0`)).rejects.toThrow('and some have none');
  });

  it('[MON-13] keeps what it holds bounded, however long the file is', async () => {
    let held = 0;
    async function* long(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('timestamp,request_id,output_tokens\n');
      for (let n = 0; n < 50_000; n += 1) {
        held += 1;
        yield Buffer.from(`2026-01-01T00:00:00Z,req_${n},1\n`);
      }
    }
    let rows = 0;
    for await (const row of parseUsageExport(long(), 'anthropic')) {
      rows += 1;
      expect(row.outputTokens).toBe(1);
      // A row comes as soon as its line is there.
      expect(held - rows).toBeLessThan(3);
    }
    expect(rows).toBe(50_000);
  });

  it.each<[string, string | Uint8Array, ExportProvider, string]>([
    ['nothing', '', 'anthropic', 'the file is empty'],
    ['white space', ' \n\n', 'anthropic', 'line 1: no column with a time'],
    ['an image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe), 'anthropic', 'not UTF-8 text'],
    ['a text', 'hello world', 'anthropic', 'line 1: no column with a time'],
    ['no figures', 'timestamp,model\n2026-01-01,x', 'openai', 'line 1: no column with tokens or costs'],
    [
      'a cut line',
      `${ANTHROPIC_HEADER}\n2026-08-05,claude`,
      'anthropic',
      'line 2: 2 fields, the header has 14',
    ],
    ['an open quote', `${ANTHROPIC_HEADER}\n"2026`, 'anthropic', 'a quote never ends'],
    ['a long line', `timestamp,output_tokens\n${'x'.repeat(70_000)}`, 'anthropic', 'a line is too long'],
    ['a negative count', 'date,output_tokens\n2026-01-01,-1', 'anthropic', 'line 2: expected a whole number'],
    ['a fraction', 'date,output_tokens\n2026-01-01,1.5', 'anthropic', 'line 2: expected a whole number'],
    [
      'too many tokens',
      'date,output_tokens\n2026-01-01,99999999999999999',
      'anthropic',
      'expected a whole number',
    ],
    ['no time', 'date,output_tokens\nyesterday,1', 'anthropic', 'line 2: expected a time, not "yesterday"'],
    ['the thirtieth of February', 'date,output_tokens\n2026-02-30,1', 'anthropic', 'line 2: expected a time'],
    ['the year 9999', 'date,output_tokens\n9999-01-01,1', 'anthropic', 'line 2: expected a time'],
    ['NaN', 'date,cost_usd\n2026-01-01,NaN', 'anthropic', 'line 2: expected an amount in USD'],
    ['1e400', 'date,cost_usd\n2026-01-01,1e400', 'anthropic', 'line 2: expected an amount in USD'],
    ['euros', 'start_time,amount_value,amount_currency\n1761523200,1,eur', 'openai', 'line 2: costs in eur'],
    [
      'more cache than input',
      'start_time,input_tokens,input_cached_tokens\n1761523200,1,2',
      'openai',
      'more input from the cache',
    ],
    ['JSON that is cut', '{"data":[{"starting_at":', 'anthropic', 'line 1: not JSON'],
    ['no buckets', '{"data":[]}', 'anthropic', 'the export has no buckets'],
    ['other JSON', '{"hello":"world"}', 'anthropic', 'bucket 1: not what the usage API gives (results)'],
    ['no period', '[{"results":[]}]', 'anthropic', 'bucket 1: no starting_at and no start_time'],
    ['an error of the API', '{"error":{"type":"x"}}', 'openai', 'bucket 1: not what'],
    [
      'the other provider',
      JSON.stringify(anthropicPage(bucket(1, result()))),
      'openai',
      'an export of anthropic, and the account is of openai',
    ],
    [
      'other results',
      JSON.stringify(anthropicPage(bucket(1, { actor: 'x' }))),
      'anthropic',
      'a result without uncached_input_tokens',
    ],
    [
      'a count as an object',
      JSON.stringify(anthropicPage(bucket(1, result({ output_tokens: {} })))),
      'anthropic',
      'output_tokens',
    ],
  ])('[MON-13] says what is wrong with %s', async (_name, text, provider, message) => {
    await expect(parse(text, provider)).rejects.toMatchObject({
      name: 'UsageExportError',
      message: expect.stringContaining(message),
    });
  });

  it('[MON-13] garbage is never more than an error of its own kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), async (garbage) => {
        await parse(garbage).catch((fault: Error) => expect(fault.name).toBe('UsageExportError'));
      }),
      { numRuns: 500 },
    );
  });
});
