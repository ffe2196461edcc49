import { parseModelMapping } from '@tollgate/accounts';
import { z } from 'zod';

const ROUTES_MAX = 100;
const ROUTE_ACCOUNTS_MAX = 1000;

/** A model's name, or its beginning with a trailing `*`: the rules of a mapping's requested name. */
const patternField = z.string().superRefine((pattern, context) => {
  const parsed = parseModelMapping({ [pattern]: 'any' });
  if (parsed.ok) return;
  for (const { message } of parsed.problems) {
    context.addIssue({ code: 'custom', message: message.replace('the requested name', 'a pattern') });
  }
});

const TWICE = 'names an account twice';

/** SEL-1, with accounts by id. */
export function modelRoutingField(account: z.ZodString) {
  const route = z.strictObject({ pattern: patternField, accountIds: listOf(account) });
  return buildRoutesField(route);
}

/** The same with accounts by name, as files have it. */
export function namedModelRoutingField(account: z.ZodString) {
  return buildRoutesField(z.strictObject({ pattern: patternField, accounts: listOf(account) }));
}

function listOf(account: z.ZodString) {
  return z
    .array(account)
    .min(1, 'a route needs an account')
    .max(ROUTE_ACCOUNTS_MAX)
    .refine((names) => new Set(names).size === names.length, TWICE);
}

function buildRoutesField<Route extends z.ZodType<{ pattern: string }>>(route: Route) {
  return z
    .array(route)
    .max(ROUTES_MAX)
    .superRefine((routes, context) => {
      const seen = new Set<string>();
      for (const [index, { pattern }] of routes.entries()) {
        if (seen.has(pattern)) {
          context.addIssue({ code: 'custom', path: [index, 'pattern'], message: 'is there twice' });
        }
        seen.add(pattern);
      }
    });
}
