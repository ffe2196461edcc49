import type { GroupId } from '@tollgate/core';

/** L2 name of a key's snapshot; `keyHash` is the SHA-256 of the key, hex. */
export function keySnapshotName(keyHash: string): string {
  return `key:${keyHash}`;
}

/** L2 name of a group's pool. */
export function poolSnapshotName(groupId: GroupId): string {
  return `pool:${groupId}`;
}

/** A group that no key's snapshot holds: a fallback (SEL-6). */
export function groupSnapshotName(groupId: GroupId): string {
  return `group:${groupId}`;
}

/** Which price book is in force. */
export function priceVersionSnapshotName(): string {
  return 'price-version';
}

/** The price list of a version, which never changes. */
export function priceListSnapshotName(version: string): string {
  return `price-list:${version}`;
}
