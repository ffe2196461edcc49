import { TRPCError } from '@trpc/server';
import { ProblemError, type ProblemError as Problems } from './problem.ts';

/** What Postgres says about a statement that it refused. */
interface DatabaseFault {
  code: string;
  constraint: string | undefined;
}

/** Constraint → the field that the caller gave twice. */
const UNIQUE_FIELDS: Record<string, string> = {
  groups_name_unique: 'name',
  accounts_name_unique: 'name',
  proxies_name_unique: 'name',
  alert_channels_name_unique: 'name',
  alert_rules_name_unique: 'name',
  users_email_unique: 'email',
  keys_user_name: 'name',
  keys_hash_unique: 'key',
  reconciliations_file: 'file',
};

const PROBLEM_CODES = {
  invalid: 'BAD_REQUEST',
  conflict: 'CONFLICT',
  'not-found': 'NOT_FOUND',
} as const satisfies Record<Problems['kind'], TRPCError['code']>;

/** 40001 serialization, 40P01 deadlock, 55P03 lock time-out: nothing was changed and trying again may work. */
const TRY_AGAIN = new Set(['40001', '40P01', '55P03']);
/** Class 22: too long, no date, NUL, no number. The database's own text quotes what was sent. */
const UNUSABLE = new Set(['22001', '22007', '22008', '22021', '22P02', '22P05']);
/** Socket codes and postgres.js's own: the database is not there. 57P0x: it is going or coming; 53300: full. */
const GONE =
  /^(ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|CONNECTION_\w+|CONNECT_TIMEOUT|57P0\d|08\w{3}|53300)$/;

/** Any throw of a procedure → the error the caller gets. Unknown faults become INTERNAL_SERVER_ERROR. */
export function mapFault(fault: unknown): TRPCError {
  if (fault instanceof TRPCError && fault.cause === undefined) return fault;
  const cause = fault instanceof TRPCError ? fault.cause : fault;
  if (cause instanceof ProblemError) {
    return new TRPCError({ code: PROBLEM_CODES[cause.kind], message: cause.message, cause });
  }
  // The store's own name for it; its package is not the API's to import.
  if (cause instanceof Error && cause.name === 'StoreUnavailableError') {
    return new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause });
  }
  const database = findDatabaseFault(cause);
  if (database) return mapDatabaseFault(database, cause);
  return fault instanceof TRPCError ? fault : new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause });
}

function mapDatabaseFault({ code, constraint }: DatabaseFault, cause: unknown): TRPCError {
  if (code === '23505') {
    const field = UNIQUE_FIELDS[constraint ?? ''] ?? '';
    const problem = new ProblemError('conflict', [{ path: field, message: 'is taken already' }]);
    return new TRPCError({ code: 'CONFLICT', message: problem.message, cause: problem });
  }
  if (code === '23503') return new TRPCError({ code: 'CONFLICT', message: 'something still refers to this' });
  if (UNUSABLE.has(code)) {
    return new TRPCError({ code: 'BAD_REQUEST', message: 'a value cannot be stored or compared' });
  }
  if (code === '22003') return new TRPCError({ code: 'BAD_REQUEST', message: 'a figure is out of range' });
  if (TRY_AGAIN.has(code) || GONE.test(code)) return new TRPCError({ code: 'SERVICE_UNAVAILABLE', cause });
  return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause });
}

/** Drizzle wraps the driver's error, so the code may be one or two causes down. */
function findDatabaseFault(fault: unknown): DatabaseFault | null {
  let current: unknown = fault;
  for (let depth = 0; depth < 4 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') {
      const constraint = 'constraint_name' in current ? String(current.constraint_name) : undefined;
      return { code: current.code, constraint };
    }
    current = current.cause;
  }
  return null;
}

/**
 * What the log may have of a fault. A failed statement's parameters and Postgres' `detail` hold whole rows, so
 * only codes, messages of the innermost error and our own stack pass.
 */
export function describeFault(fault: unknown): Record<string, unknown> {
  let inner: unknown = fault;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return { message: String(inner) };
  return { ...findDatabaseFault(fault), name: inner.name, message: inner.message, stack: inner.stack };
}
