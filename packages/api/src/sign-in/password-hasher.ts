import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { TRPCError } from '@trpc/server';
import { decodePassword, encodePassword, type HashCost, type StoredPassword } from './password-text.ts';

/** Hashes and checks passwords on libuv's threads, few at a time. Both throw TOO_MANY_REQUESTS when the queue is full. */
export interface PasswordHasher {
  /** PHC form. */
  hash(password: string): Promise<string>;
  /** `stored` null = nobody's: takes as long, and is wrong. */
  check(password: string, stored: string | null): Promise<PasswordCheck>;
}

export interface PasswordCheck {
  isRight: boolean;
  /** Right, but hashed at another cost than today's. */
  isOutdated: boolean;
}

export interface PasswordHasherOptions {
  cost?: HashCost;
  /** Hashes at a time: each holds a core and 19 MiB. One leaves the others to those who are signed in. */
  concurrency?: number;
  /** Who may wait; about 40 ms each. */
  queueMax?: number;
}

const COST: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;
const derive = promisify(argon2);

export function createPasswordHasher({
  cost = COST,
  concurrency = 1,
  queueMax = 32,
}: PasswordHasherOptions = {}): PasswordHasher {
  const run = createTurnstile(concurrency, queueMax);
  /** Never the digest of any password: those are no random bytes. */
  const nobody: StoredPassword = { cost, salt: randomBytes(SALT_BYTES), digest: randomBytes(DIGEST_BYTES) };
  return {
    hash: (password) =>
      run(async () => {
        const salt = randomBytes(SALT_BYTES);
        return encodePassword({
          cost,
          salt,
          digest: await digestPassword(password, cost, salt, DIGEST_BYTES),
        });
      }),
    check: (password, stored) =>
      run(async () => {
        const known = (stored === null ? null : decodePassword(stored)) ?? nobody;
        const digest = await digestPassword(password, known.cost, known.salt, known.digest.length);
        const isRight = timingSafeEqual(digest, known.digest) && known !== nobody;
        return { isRight, isOutdated: isRight && !isSameCost(known.cost, cost) };
      }),
  };
}

/** NFKC: the same letters typed on another keyboard are the same password. */
function digestPassword(password: string, cost: HashCost, salt: Buffer, bytes: number): Promise<Buffer> {
  return derive('argon2id', {
    message: Buffer.from(password.normalize('NFKC')),
    nonce: salt,
    memory: cost.memoryKib,
    passes: cost.passes,
    parallelism: cost.lanes,
    tagLength: bytes,
  });
}

function isSameCost(left: HashCost, right: HashCost): boolean {
  return left.memoryKib === right.memoryKib && left.passes === right.passes && left.lanes === right.lanes;
}

/** So many at a time, so many waiting in order; more are turned away. */
function createTurnstile(concurrency: number, queueMax: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async function run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running < concurrency) running += 1;
    else if (waiting.length >= queueMax) throw buildBusyError();
    // Whoever leaves hands over its place, so `running` stays as it is.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

function buildBusyError(): TRPCError {
  return new TRPCError({
    code: 'TOO_MANY_REQUESTS',
    message: 'Too many sign-ins at once: try again in a moment.',
  });
}
