import { expect, it } from 'vitest';
import { bundleRouterTypes } from './bundle-router-types.ts';

it('[CTL-1] keeps nothing of the server in the types of a client', () => {
  const text = `export declare const appRouter: import("@trpc/server").TRPCBuiltRouter<{
    ctx: import("./base/context.ts").ApiContext;
    id: import("@tollgate/core").RequestId | null;
    problems: import("./problems/problem.ts").Problem[];
    detail: import("zod").JSONType;
}>;
export type AppRouter = typeof appRouter;
`;
  const bundled = bundleRouterTypes(text);
  expect(bundled).toContain(
    'ctx: object;\n    id: string | null;\n    problems: Problem[];\n    detail: JsonValue;\n}>;\nexport type AppRouter',
  );
  expect(bundled).toContain('\ndeclare const appRouter');
});

it.each([
  'import("drizzle-orm").SQL',
  'import("zod").ZodType',
  'import("./users/load-user.ts").User',
  'import("@tollgate/db").Database',
])('[CTL-1] refuses to pack %s, by its name', (type) =>
  expect(() => bundleRouterTypes(`export declare const a: ${type};`)).toThrow(type),
);

it('refuses a plain import as well', () => {
  expect(() => bundleRouterTypes(`import type { SQL } from 'drizzle-orm';\n`)).toThrow('drizzle-orm');
});
