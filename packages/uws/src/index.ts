export { type LoadUwsOptions, type Uws, loadUws } from './load-uws.ts';
export type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket } from 'uWebSockets.js';
