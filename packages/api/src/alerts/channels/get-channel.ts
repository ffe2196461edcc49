import { adminProcedure } from '../../base/procedures.ts';
import { channelOutputSchema, channelRefSchema } from './channel-schemas.ts';
import { loadChannel } from './load-channels.ts';

/** By id or by name. */
export const getChannel = adminProcedure
  .input(channelRefSchema)
  .output(channelOutputSchema)
  .query(async ({ ctx, input }) => (await loadChannel(ctx.services.db, input)).channel);
