export type { ClientRequest, ResponseWriter, WriterState } from './port.ts';
export { type Server, type ServerOptions, startServer } from './start-server.ts';
