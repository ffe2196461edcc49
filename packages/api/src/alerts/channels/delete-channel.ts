import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { loadChannel } from './load-channels.ts';
import { removeChannel } from './write-channel.ts';

/** Refused while a rule uses it. */
export const deleteChannel = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(z.strictObject({ id: z.string() }))
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      await removeChannel(change, (await loadChannel(change.tx, { id })).channel);
      return { id };
    }),
  );
