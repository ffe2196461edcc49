import { Agent, request as sendRequest } from 'node:http';
import { readAnswer, type SeenAnswer } from './read-answer.ts';

export interface Sending {
  gateway: string;
  key: string;
  body: string;
  /** One a crowd: its connections are its own. */
  agent: Agent;
}

/** As many connections as there are requests at once. */
export function openCrowdAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
}

/** POST /v1/messages, and what the client has seen when the connection is done with it, however that came. */
export function sendMessage({ gateway, key, body, agent }: Sending): Promise<SeenAnswer> {
  return new Promise((resolve) => {
    let requestId = '';
    let text = '';
    const finish = () => resolve(readAnswer(requestId, text));
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'anthropic-version': '2023-06-01',
      'x-api-key': key,
    };
    const request = sendRequest(`${gateway}/v1/messages`, { method: 'POST', headers, agent }, (response) => {
      requestId = String(response.headers['x-request-id'] ?? '');
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('error', () => {});
      response.on('close', finish);
    });
    request.on('error', finish);
    request.end(body);
  });
}
