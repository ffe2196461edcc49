/** The server side of the API, for the process that serves it. Clients import the package's main export. */
export { appRouter, type AppRouter } from './router.ts';
export {
  createApiContext,
  type Admin,
  type ApiContext,
  type ApiServices,
  type ContextOptions,
} from './base/context.ts';
export { applyConfig, type ApplyOptions } from './config/apply-config.ts';
export { buildConfigJsonSchema } from './config/config-json-schema.ts';
export { configSchema, type Config } from './config/config-schema.ts';
export { DEFAULT_BASE_URLS } from './accounts/default-base-urls.ts';
export { inspectConfig, parseConfig } from './config/parse-config.ts';
export type { PlanEntry } from './config/plan.ts';
export { resolveSecrets, type SecretReaders, type SecretReading } from './config/resolve-secrets.ts';
export type { Actor } from './change/run-change.ts';
export type { LiveStore, WindowShape } from './live/live-store.ts';
export { installPrices } from './prices/install-prices.ts';
export { describeFault } from './problems/map-fault.ts';
export { formatProblems, mapIssues, ProblemError, type Problem } from './problems/problem.ts';
