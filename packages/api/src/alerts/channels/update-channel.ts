import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { channelOutputSchema, channelPatchSchema } from './channel-schemas.ts';
import { loadChannel } from './load-channels.ts';
import { updateChannel as writeChannel } from './write-channel.ts';

/** Only the given fields change; the kind stays. Messages that wait go to the new address. */
export const updateChannel = adminProcedure
  .input(channelPatchSchema.safeExtend({ id: idField }))
  .output(channelOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) =>
      writeChannel(change, await loadChannel(change.tx, { id }), patch),
    ),
  );
