/** The server side of the API, for the process that serves it. Clients import the package's main export. */
export { appRouter, type AppRouter } from './router.ts';
export type { Admin } from './base/caller.ts';
export {
  createApiContext,
  type ApiContext,
  type ApiServices,
  type ContextOptions,
  type SignInServices,
  type WebhookUrl,
} from './base/context.ts';
export {
  type AccountTester,
  type AccountTestStep,
  type AccountTestTarget,
} from './accounts/account-tester.ts';
export { WAIT_HEADER } from './changes/change-notes.ts';
export { ChangeWatch } from './changes/change-watch.ts';
export { applyConfig, type ApplyOptions } from './config/apply-config.ts';
export { buildConfigJsonSchema } from './config/config-json-schema.ts';
export { configSchema, type Config } from './config/config-schema.ts';
export { DEFAULT_BASE_URLS } from './accounts/default-base-urls.ts';
export { inspectConfig, parseConfig } from './config/parse-config.ts';
export type { PlanEntry } from './config/plan.ts';
export type { Actor } from './change/run-change.ts';
export type { LiveNode, LiveStore, WindowShape } from './live/live-store.ts';
export { installPrices } from './prices/install-prices.ts';
export { describeFault } from './problems/map-fault.ts';
export { loadSettings } from './settings/load-settings.ts';
export type { Settings } from './settings/setting-schemas.ts';
export { formatProblems, mapIssues, ProblemError, type Problem } from './problems/problem.ts';
export { forgetSignIns } from './sign-in/forget-sign-ins.ts';
export { createPasswordHasher, type PasswordHasher } from './sign-in/password-hasher.ts';
export { readWebRequest, type WebOptions, type WebRequest } from './web/web-request.ts';
export { createAdmin, createSetUpToken, type AdminCreation } from './sign-in/create-admin.ts';
export { newPasswordField } from './sign-in/password-field.ts';
export { buildSetUpUrl } from './set-up-links/set-up-link.ts';
export { emailField } from './fields/text-fields.ts';
