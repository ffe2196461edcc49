import { adminProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { channelCreateSchema, channelOutputSchema } from './channel-schemas.ts';
import { insertChannel } from './write-channel.ts';

/** URL and secret go in sealed and never come out. */
export const createChannel = adminProcedure
  .input(channelCreateSchema)
  .output(channelOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => insertChannel(change, input)),
  );
