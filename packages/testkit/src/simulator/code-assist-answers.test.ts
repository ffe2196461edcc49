import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from './start-simulator.ts';

const REQUEST = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] };
const WHOLE = { model: 'm', project: 'p', request: REQUEST };

describe('the simulator as v1internal', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.reset());
  afterAll(() => simulator.stop());

  const post = (
    method: string,
    body: object,
    headers: Record<string, string> = { authorization: 'Bearer t' },
  ) =>
    fetch(`${simulator.url}/v1internal:${method}`, { method: 'POST', body: JSON.stringify(body), headers });

  it('answers in the envelope, plain and streamed', async () => {
    const plain = await (await post('generateContent', WHOLE)).json();
    expect(plain).toMatchObject({
      response: { candidates: [{ content: { parts: [{ text: 'You said: Hello' }] } }] },
      traceId: 'trace-sim',
    });
    const text = await (await post('streamGenerateContent?alt=sse', WHOLE)).text();
    const events = text.split('\r\n\r\n').filter((event) => event !== '');
    expect(events.length).toBeGreaterThan(1);
    for (const event of events) expect(event).toMatch(/^data: \{"response":\{"candidates".*"traceId"/u);
  });

  it('counts contents, and knows no other field there', async () => {
    const count = (request: object) => post('countTokens', { request });
    expect(await (await count({ model: 'models/m', ...REQUEST })).json()).toEqual({ totalTokens: 2 });
    for (const request of [
      { model: 'models/m', ...REQUEST, systemInstruction: {} },
      { model: 'm', ...REQUEST },
      { model: 'models/m' },
    ])
      expect((await count(request)).status).toBe(400);
  });

  it('refuses in Google’s words: no token, no project, an API key, and as it is told', async () => {
    expect((await post('generateContent', WHOLE, {})).status).toBe(401);
    expect(
      (await post('generateContent', WHOLE, { authorization: 'Bearer t', 'x-goog-api-key': 'k' })).status,
    ).toBe(401);
    expect((await post('generateContent', { ...WHOLE, project: undefined })).status).toBe(400);
    simulator.setScript(() => ({ errorEventAfter: 1 }));
    const broken = await (await post('streamGenerateContent?alt=sse', WHOLE)).text();
    expect(broken).toMatch(/data: \{"response".*data: \{"error":\{"code":503/su);
  });
});
