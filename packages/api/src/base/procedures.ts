import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { ZodError } from 'zod';
import { mapFault } from '../problems/map-fault.ts';
import { formatProblems, mapIssues, ProblemError, type Problem } from '../problems/problem.ts';
import type { ApiContext } from './context.ts';

const trpc = initTRPC.context<ApiContext>().create({
  isDev: false,
  /** 4xx text is the caller's to read; 5xx text is ours alone and is replaced by the request id. */
  errorFormatter({ shape, error, ctx }) {
    const problems = listProblems(error);
    const httpStatus = getHTTPStatusCodeFromError(error);
    const data = { ...shape.data, requestId: ctx?.requestId ?? null, problems };
    if (httpStatus >= 500) {
      const what = httpStatus === 503 ? 'temporarily unavailable' : 'internal error';
      return { ...shape, message: `${what} (request ${data.requestId})`, data };
    }
    return { ...shape, message: problems.length > 0 ? formatProblems(problems) : shape.message, data };
  },
});

function listProblems(error: TRPCError): Problem[] {
  if (error.cause instanceof ProblemError) return [...error.cause.problems];
  // A ZodError of an *output* is a fault of ours, and arrives as a 500.
  if (error.code === 'BAD_REQUEST' && error.cause instanceof ZodError) return mapIssues(error.cause.issues);
  return [];
}

export const router = trpc.router;

/** For anyone. */
export const publicProcedure = trpc.procedure.use(async ({ ctx, next, signal, type }) => {
  const result = await next();
  if (!result.ok) throw mapFault(result.error);
  if (type === 'mutation') await ctx.changes.settle(signal);
  return result;
});

/** For holders of an admin token; the context gains `admin`. One text for every refusal. */
export const adminProcedure = publicProcedure.use(async ({ ctx, next }) => {
  const admin = await ctx.loadAdmin();
  if (!admin) {
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'The admin token is missing, wrong or expired.' });
  }
  return next({ ctx: { ...ctx, admin } });
});
