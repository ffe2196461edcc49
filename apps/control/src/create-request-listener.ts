import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import {
  appRouter,
  createApiContext,
  describeFault,
  readWebRequest,
  WAIT_HEADER,
  type ApiServices,
} from '@tollgate/api/server';
import { buildAddressList } from '@tollgate/config';
import { createId, type RequestId } from '@tollgate/core';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { loadSetUpPage, type SetUpPage } from './pages/set-up-page.ts';

/** Our own client sends 20 at most. */
const BATCH_CALLS_MAX = 100;
const REQUEST_ID_HEADER = 'x-request-id';

/** `/trpc/…` is the API, `GET /health` says that the process lives, `GET /set-up` is where set-up links lead, all else is 404. Every answer has a request id. */
export function createRequestListener(
  services: ApiServices,
  bodyBytesMax: number,
  trustedProxies: readonly string[] = [],
): RequestListener {
  const { publicUrl } = services.signIn;
  const webOptions = { publicUrl, trustedProxies: buildAddressList(trustedProxies) };
  const setUpPage = loadSetUpPage();
  const requestIds = new WeakMap<IncomingMessage, RequestId>();
  const serveApi = createHTTPHandler({
    router: appRouter,
    basePath: '/trpc/',
    maxBodySize: bodyBytesMax,
    maxBatchSize: BATCH_CALLS_MAX,
    createContext: async ({ req, res }) =>
      createApiContext({
        services,
        web: readWebRequest(req, res, webOptions),
        requestId: requestIds.get(req) ?? createId('request', services.clock.nowMs()),
        authorization: req.headers.authorization,
        waitHeader: req.headers[WAIT_HEADER]?.toString(),
      }),
    responseMeta: ({ ctx }) => ({ headers: ctx?.changes.buildHeaders() ?? {} }),
    onError({ error, path, req }) {
      if (getHTTPStatusCodeFromError(error) < 500) return;
      const requestId = requestIds.get(req);
      services.logger.error({ requestId, path, ...describeFault(error) }, 'a procedure failed');
    },
  });
  return (request, response) => {
    const requestId = createId('request', services.clock.nowMs());
    requestIds.set(request, requestId);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    response.setHeader('cache-control', 'no-store');
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith('/trpc/')) serveApi(request, response);
    else if (path === '/health') answerHealth(request, response, services.version);
    else if (path === '/set-up' && request.method === 'GET') sendPage(response, setUpPage);
    else sendJson(response, 404, { error: { code: 'not_found', message: 'There is no such endpoint.' } });
  };
}

function answerHealth(request: IncomingMessage, response: ServerResponse, version: string): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    sendJson(response, 200, { ok: true, version });
    return;
  }
  response.setHeader('allow', 'GET, HEAD');
  const error = { code: 'method_not_allowed', message: 'This method is not allowed here.' };
  sendJson(response, 405, { error });
}

function sendPage(response: ServerResponse, { html, headers }: SetUpPage): void {
  response.writeHead(200, headers);
  response.end(html);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
