import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedMessage {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type ReceiverAnswer = (response: ServerResponse, message: ReceivedMessage) => void;

export interface Receiver {
  /** `http://127.0.0.1:port` */
  origin: string;
  messages: ReceivedMessage[];
  /** How it answers from now on. */
  answer: ReceiverAnswer;
  stop(): Promise<void>;
}

export const TAKEN: ReceiverAnswer = (response) => void response.end('ok');

/** An HTTP server on loopback that keeps what it is sent. */
export async function startReceiver(answer: ReceiverAnswer = TAKEN): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = {
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    receiver.messages.push(message);
    receiver.answer(response, message);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: [],
    answer,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
