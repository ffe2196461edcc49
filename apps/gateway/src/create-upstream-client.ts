import {
  createDecodingClient,
  createHttp1Client,
  createRoutingClient,
  createUndiciClient,
  type UpstreamClient,
} from '@tollgate/forward';
import { createOutboundPolicy } from '@tollgate/outbound';

/** All that the data plane sends to upstreams: straight on the lean client, through proxies on undici (ACC-7). */
export function createUpstreamClient(options: {
  /** CIDR list (OPS-6). */
  outboundAllow: readonly string[];
  connectionsPerOrigin: number;
}): UpstreamClient {
  const policy = createOutboundPolicy({ allow: options.outboundAllow });
  const { connectionsPerOrigin } = options;
  return createDecodingClient(
    createRoutingClient({
      direct: createHttp1Client({ policy, connectionsPerOrigin }),
      proxied: createUndiciClient({ policy, connectionsPerOrigin }),
    }),
  );
}
