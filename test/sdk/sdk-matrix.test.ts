import { listToolResults, scriptToolTurn, type Script, type ScriptSource } from '@tollgate/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  PLATFORM_MODELS,
  startPlatformSite,
  UPSTREAM_PATHS,
  type PlatformSite,
} from '../harness/platform-site.ts';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { SDK_CASES } from './drivers/sdk-cases.ts';
import { TOOL, type SdkSession } from './drivers/sdk-driver.ts';

const QUESTION = 'Grüß Gott 👋, and say hello.';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const LONG_TEXT = 'a long text '.repeat(20);
const WRITES = 2_000;

let site: PlatformSite;

beforeAll(async () => {
  site = await startPlatformSite();
});
afterAll(() => site.stop());

/** Official SDKs are the oracle: each reads what the gateway sends, whichever platform is behind it, cut anywhere. */
describe.each(SDK_CASES)('$driver.name on a group of $platform', ({ driver, platform }) => {
  const random = createSeededRandom('sizes of chunks');
  const connect = (key?: string): SdkSession => {
    const at = site.at(platform);
    return driver.connect({ ...at, key: key ?? at.key }, PLATFORM_MODELS[platform]);
  };
  /** What the script says, in pieces of 1 to 30 bytes: between the bytes of a character, of a line end, of a name. */
  const answer = (script: Script | ScriptSource = {}): void => {
    const chunkSizes = Array.from({ length: WRITES }, () => 1 + Math.floor(random() * 30));
    site.simulator.setScript((request) => {
      const own = typeof script === 'function' ? script(request) : script;
      return { chunkSizes, ...own };
    });
  };
  const readSent = (): string => site.simulator.requests.at(-1)?.body.toString() ?? '';

  afterEach(() => site.reset());

  it('[API-8] plain and streamed say the same, with the same usage', async () => {
    answer();
    const plain = await connect().ask(QUESTION, false);
    expect(plain).toMatchObject({ text: `You said: ${QUESTION}`, finish: 'stop' });
    expect([plain.inputTokens > 0, plain.outputTokens > 0]).toEqual([true, true]);
    expect(await connect().ask(QUESTION, true)).toEqual(plain);
    for (const { path } of site.simulator.requests) expect(path).toMatch(UPSTREAM_PATHS[platform]);
  });

  it.each([false, true])(
    '[API-8] two tools at once, their results, and the end; streamed: %s',
    async (stream) => {
      const calls = ['Zürich', 'Oslo'].map((city) => ({ name: TOOL.name, input: { city } }));
      answer(scriptToolTurn(...calls));
      const turn = await connect().useTools(QUESTION, stream);
      expect(turn.calls).toEqual(calls);
      const sent = site.simulator.requests.at(-1);
      const results = sent === undefined ? [] : listToolResults(sent).map(({ text }) => text);
      expect(results).toEqual(
        ['Sunny in Zürich', 'Sunny in Oslo'].map((text) => expect.stringContaining(text) as string),
      );
      expect(turn.text).toBe(`The tool says: ${results.join(' | ')}`);
    },
  );

  it('[API-8] an object by a schema', async () => {
    answer({ text: '{"city":"Zürich","people":448664}' });
    expect(await connect().askForObject(QUESTION)).toEqual({ city: 'Zürich', people: 448_664 });
    expect(readSent()).toContain('"people"');
  });

  it('[API-8] an image goes up whole', async () => {
    answer();
    expect((await connect().showImage(QUESTION, PNG)).text).toContain(QUESTION);
    expect(readSent()).toContain(PNG);
  });

  it('[API-8] [REQ-7] aborted in the middle of a stream, the upstream is let go', async () => {
    answer({ endless: true, delayEventsMs: 10 });
    await connect().abort(QUESTION);
    await waitUntil('the upstream is let go', () => site.simulator.openRequests === 0);
    expect(site.simulator.requests.map(({ wasAborted }) => wasAborted)).toEqual([true]);
  });

  it.each([false, true])(
    '[REQ-2] errors before the answer are the SDK’s own; streamed: %s',
    async (stream) => {
      const fail = async (session: SdkSession): Promise<number | null> =>
        session.ask(QUESTION, stream).then(
          () => null,
          (error: unknown) => session.readStatus(error),
        );
      expect(await fail(connect('sk-wrong-0123456789abcdef'))).toBe(401);
      answer({ status: 400 });
      expect(await fail(connect())).toBe(400);
      answer({ status: 429, headers: { 'retry-after': '7' } });
      expect(await fail(connect())).toBe(429);
    },
  );

  it('[REQ-2] an error in the middle of a stream rejects, and is no short answer', async () => {
    for (const script of [{ errorEventAfter: 8 }, { resetAfterEvents: 8, delayEventsMs: 5 }]) {
      answer({ ...script, text: LONG_TEXT });
      await expect(connect().ask(QUESTION, true)).rejects.toThrow(Error);
      // It was not refused before.
      expect(site.simulator.requests.length).toBeGreaterThan(0);
      await site.reset();
    }
  });
});
