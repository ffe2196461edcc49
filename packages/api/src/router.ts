import { accountsRouter } from './accounts/accounts-router.ts';
import { alertChannelsRouter } from './alerts/channels/alert-channels-router.ts';
import { alertEventsRouter } from './alerts/events/alert-events-router.ts';
import { alertRulesRouter } from './alerts/rules/alert-rules-router.ts';
import { alertSilencesRouter } from './alerts/silences/alert-silences-router.ts';
import { auditRouter } from './audit/audit-router.ts';
import { balancesRouter } from './balances/balances-router.ts';
import { router } from './base/procedures.ts';
import { changesRouter } from './changes/changes-router.ts';
import { configRouter } from './config/config-router.ts';
import { groupsRouter } from './groups/groups-router.ts';
import { buildAdminTokensRouter } from './admin-tokens/admin-tokens-router.ts';
import { authRouter } from './auth/auth-router.ts';
import { meRouter } from './me/me-router.ts';
import { setUpLinksRouter } from './set-up-links/set-up-links-router.ts';
import { healthRouter } from './health/health-router.ts';
import { keysRouter } from './keys/keys-router.ts';
import { liveRouter } from './live/live-router.ts';
import { nodesRouter } from './nodes/nodes-router.ts';
import { overridesRouter } from './overrides/overrides-router.ts';
import { pricesRouter } from './prices/prices-router.ts';
import { proxiesRouter } from './proxies/proxies-router.ts';
import { reconciliationsRouter } from './reconciliations/reconciliations-router.ts';
import { redeemRouter } from './redeem/redeem-router.ts';
import { requestsRouter } from './requests/requests-router.ts';
import { settingsRouter } from './settings/settings-router.ts';
import { stickyRouter } from './sticky/sticky-router.ts';
import { subscriptionsRouter } from './subscriptions/subscriptions-router.ts';
import { usageRouter } from './usage/usage-router.ts';
import { usersRouter } from './users/users-router.ts';

export const appRouter = router({
  health: healthRouter,
  auth: authRouter,
  adminTokens: buildAdminTokensRouter((): string[] => Object.keys(appRouter)),
  setUpLinks: setUpLinksRouter,
  me: meRouter,
  groups: groupsRouter,
  accounts: accountsRouter,
  users: usersRouter,
  balances: balancesRouter,
  keys: keysRouter,
  overrides: overridesRouter,
  sticky: stickyRouter,
  live: liveRouter,
  nodes: nodesRouter,
  changes: changesRouter,
  subscriptions: subscriptionsRouter,
  redeem: redeemRouter,
  reconciliations: reconciliationsRouter,
  usage: usageRouter,
  requests: requestsRouter,
  prices: pricesRouter,
  config: configRouter,
  audit: auditRouter,
  settings: settingsRouter,
  proxies: proxiesRouter,
  alertRules: alertRulesRouter,
  alertChannels: alertChannelsRouter,
  alertSilences: alertSilencesRouter,
  alertEvents: alertEventsRouter,
});

export type AppRouter = typeof appRouter;
