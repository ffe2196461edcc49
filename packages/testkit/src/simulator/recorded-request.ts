import type { IncomingHttpHeaders } from 'node:http';

/** A request as the simulator saw it. */
export interface RecordedRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Names and values in turn, in their own spelling and order. */
  rawHeaders: string[];
  body: Buffer;
  /** Port of the client's end: equal ports mean one kept-alive connection. */
  remotePort: number;
  /** The body as JSON; undefined when it is none. */
  json: unknown;
  /** Set when the client left before the answer was complete. */
  wasAborted: boolean;
}
