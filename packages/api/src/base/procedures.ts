import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { ZodError } from 'zod';
import { mapFault } from '../problems/map-fault.ts';
import { formatProblems, mapIssues, ProblemError, type Problem } from '../problems/problem.ts';
import { readSessionCookie } from '../web/session-cookie.ts';
import { requireOwnPage } from '../web/require-own-page.ts';
import { answerInTime } from './answer-in-time.ts';
import { mapPersonToAdmin, type Admin, type Caller } from './caller.ts';
import type { ApiContext } from './context.ts';
import { buildScope, coversScope } from './token-scopes.ts';

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

/** For anyone. Answers 503 when the database says nothing for seconds. */
export const publicProcedure = trpc.procedure.use(async ({ ctx, next, signal, type }) => {
  const result = await answerInTime(
    ctx.services.db,
    () => next(),
    () => ctx.giveUp(),
  );
  if (!result.ok) throw mapFault(result.error);
  if (type === 'mutation') await ctx.changes.settle(signal);
  return result;
});

/**
 * For everyone that is known. Whoever comes with a cookie must come from our own page to change something: GET
 * requests change nothing, and a token is not sent by a browser on its own.
 */
const knownProcedure = publicProcedure.use(async ({ ctx, type, next }) => {
  const caller = await ctx.loadCaller();
  if (!caller) throw buildUnknownCaller(ctx);
  if (caller.kind === 'person' && type === 'mutation') requireOwnPage(ctx.web);
  return next({ ctx: { ...ctx, caller } });
});

/**
 * For holders of an admin token with the scope that follows from path and kind, and for persons of role admin; the
 * context gains `admin`, whose id is the actor in the audit.
 */
export const adminProcedure = knownProcedure.use(({ ctx, path, type, next }) =>
  next({ ctx: { ...ctx, admin: selectAdmin(ctx.caller, buildScope(path, type)) } }),
);

/** For signed-in persons of any role; the context gains `person` and `web`. Whose things it shows follows from the session alone. */
export const userProcedure = knownProcedure.use(({ ctx, next }) => {
  const { caller, web } = ctx;
  if (caller.kind === 'person' && web) return next({ ctx: { ...ctx, web, person: caller.person } });
  throw new TRPCError({ code: 'FORBIDDEN', message: 'This is for persons who sign in: a token is nobody.' });
});

/** One text for every refusal of a token, and one for every refusal of a session. */
function buildUnknownCaller({ web }: ApiContext): TRPCError {
  const hasCookie = web !== null && readSessionCookie(web) !== null;
  const message = hasCookie
    ? 'Nobody is signed in: the session is wrong or has ended.'
    : 'The admin token is missing, wrong or expired.';
  return new TRPCError({ code: 'UNAUTHORIZED', message });
}

function selectAdmin(caller: Caller, scope: string): Admin {
  if (caller.kind === 'token') {
    if (coversScope(caller.admin.scopes, scope)) return caller.admin;
    throw new TRPCError({ code: 'FORBIDDEN', message: `The token has not the scope ${scope}.` });
  }
  if (caller.person.role === 'admin') return mapPersonToAdmin(caller.person);
  throw new TRPCError({ code: 'FORBIDDEN', message: 'This is for admins.' });
}
