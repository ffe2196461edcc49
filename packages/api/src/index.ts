import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from './router.ts';

export type { AppRouter } from './router.ts';
/** What a procedure takes, e.g. `RouterInputs['groups']['create']`. */
export type RouterInputs = inferRouterInputs<AppRouter>;
/** What a procedure gives, e.g. `RouterOutputs['users']['get']`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;

export { createTollgateClient, type ChangeSeen, type ClientOptions, type TollgateClient } from './client.ts';
