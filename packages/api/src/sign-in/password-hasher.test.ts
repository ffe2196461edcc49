import { describe, expect, it } from 'vitest';
import { createPasswordHasher } from './password-hasher.ts';
import { decodePassword, encodePassword } from './password-text.ts';

const cost = { memoryKib: 64, passes: 1, lanes: 1 };
/** Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`. */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

describe('password hasher', () => {
  it('[CTL-2] knows the reference implementation’s hashes, and that their cost is another', async () => {
    const hasher = createPasswordHasher();
    expect(await hasher.check('password', REFERENCE)).toEqual({ isRight: true, isOutdated: true });
    expect(await hasher.check('passwore', REFERENCE)).toEqual({ isRight: false, isOutdated: false });
  });

  it('[CTL-2] hashes with a salt of its own, and at the cost of the day', async () => {
    const hasher = createPasswordHasher();
    const [one, two] = await Promise.all([hasher.hash('the same'), hasher.hash('the same')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await hasher.check('the same', one)).toEqual({ isRight: true, isOutdated: false });
  });

  it('takes one password typed on two keyboards for one, and an empty or broken one for wrong', async () => {
    const hasher = createPasswordHasher({ cost });
    const stored = await hasher.hash('Zo\u00eb \ufb01ne 12345');
    expect((await hasher.check('Zoe\u0308 fine 12345', stored)).isRight).toBe(true);
    for (const password of ['', 'zo\u00eb fine 12345', '\ud800', 'x'.repeat(100_000)]) {
      expect((await hasher.check(password, stored)).isRight).toBe(false);
    }
  });

  it.each([null, '', 'plain', '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ', `${REFERENCE}\n`])(
    '[CTL-2] nothing is right for the stored %j',
    async (stored) => {
      const hasher = createPasswordHasher({ cost });
      expect(await hasher.check('password', stored)).toEqual({ isRight: false, isOutdated: false });
    },
  );

  it('[CTL-2] turns away what is beyond the queue, in order, and works on', async () => {
    const hasher = createPasswordHasher({ cost, concurrency: 2, queueMax: 3 });
    const order: number[] = [];
    const calls = Array.from({ length: 9 }, (_, index) =>
      hasher.hash('a password').then(() => void order.push(index)),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(5).fill('fulfilled'),
      ...Array(4).fill('rejected'),
    ]);
    expect(outcomes[8]).toMatchObject({ reason: { code: 'TOO_MANY_REQUESTS' } });
    expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(await hasher.hash('once more')).toContain('$argon2id$');
  });

  it('gives its place back when the hash fails', async () => {
    const hasher = createPasswordHasher({ cost: { memoryKib: 1, passes: 1, lanes: 1 }, queueMax: 0 });
    await expect(hasher.hash('x')).rejects.toThrow(/memory/);
    await expect(hasher.hash('x')).rejects.toThrow(/memory/);
  });
});

it('the PHC form goes there and back', () => {
  const stored = { cost, salt: Buffer.alloc(16, 7), digest: Buffer.alloc(32, 9) };
  expect(decodePassword(encodePassword(stored))).toEqual(stored);
});
