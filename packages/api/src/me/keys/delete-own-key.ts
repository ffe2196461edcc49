import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { removeKey } from '../../keys/write-key.ts';
import { loadOwnKey } from './own-key.ts';

/** Only a key that the person has made. */
export const deleteOwnKey = userProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx: { services, person }, input: { id } }) =>
    runChange({ services, actor: person.id }, async (change) => {
      const { stored, isOwn } = await loadOwnKey(change.tx, person.id, id);
      if (!isOwn) {
        const message = 'An admin made this key: it can be disabled, not deleted.';
        throw new TRPCError({ code: 'FORBIDDEN', message });
      }
      await removeKey(change, stored);
      return { id };
    }),
  );
