import { router } from '../../base/procedures.ts';
import { createChannel } from './create-channel.ts';
import { deleteChannel } from './delete-channel.ts';
import { getChannel } from './get-channel.ts';
import { listChannelDeliveries } from './list-channel-deliveries.ts';
import { listChannels } from './list-channels.ts';
import { testChannel } from './test-channel.ts';
import { updateChannel } from './update-channel.ts';

export const alertChannelsRouter = router({
  list: listChannels,
  get: getChannel,
  create: createChannel,
  update: updateChannel,
  delete: deleteChannel,
  test: testChannel,
  listDeliveries: listChannelDeliveries,
});
