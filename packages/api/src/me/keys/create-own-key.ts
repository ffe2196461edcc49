import { schema } from '@tollgate/db';
import { count, eq } from 'drizzle-orm';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { runChange, type Change } from '../../change/run-change.ts';
import { keyCreateSchema } from '../../keys/key-schemas.ts';
import { insertKey } from '../../keys/write-key.ts';
import { buildProblem } from '../../problems/problem.ts';
import { mapOwnKey, ownKeySchema } from './own-key.ts';
import { requireUsableGroups } from './usable-groups.ts';

const { keys } = schema;
const KEYS_MAX = 100;

/** Always a generated key: a chosen one would tell whether somebody has it. */
const inputSchema = keyCreateSchema.omit({ userId: true, key: true, status: true });

/** `plainKey` is shown here and never again. */
export const createOwnKey = userProcedure
  .input(inputSchema)
  .output(ownKeySchema.safeExtend({ plainKey: z.string() }))
  .mutation(({ ctx: { services, person }, input }) =>
    runChange({ services, actor: person.id }, async (change) => {
      await requireUsableGroups(change.tx, person.id, input.groupIds);
      await requireRoom(change, person.id);
      const { stored, plainKey } = await insertKey(change, { ...input, userId: person.id });
      await change.tx.update(keys).set({ madeByOwner: true }).where(eq(keys.id, stored.key.id));
      return { ...mapOwnKey(stored.key, true), plainKey };
    }),
  );

async function requireRoom(change: Change, userId: string): Promise<void> {
  const [row] = await change.tx.select({ total: count() }).from(keys).where(eq(keys.userId, userId));
  if ((row?.total ?? 0) >= KEYS_MAX) throw buildProblem('conflict', '', `at most ${KEYS_MAX} keys`);
}
