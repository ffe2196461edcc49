import type { GroupSnapshot } from '@tollgate/core';
import type { Endpoint } from '../routes.ts';

/** Whether a group's accounts speak what this endpoint is called in; a fallback may lead anywhere (SEL-6). */
export function isServedBy(endpoint: Pick<Endpoint, 'platform'> | null, group: GroupSnapshot): boolean {
  return endpoint === null || endpoint.platform === null || endpoint.platform === group.platform;
}
