/** What changed, so that nodes can drop what they hold about it. Sent after the change is committed. */
export type Invalidation =
  | { scope: 'key'; keyHash: string }
  /** All keys of the user. */
  | { scope: 'user'; userId: string }
  /** All keys and the pool of the group, and the group itself where it is held as a fallback. */
  | { scope: 'group'; groupId: string }
  /** All pools that hold the account. */
  | { scope: 'account'; accountId: string }
  /** The user's balance was moved by an admin: cached figures are stale. */
  | { scope: 'balance'; userId: string }
  /** The user's token quota was raised, changed or reset by an admin: block flag and cached usage are stale (LIM-10). */
  | { scope: 'token-quota'; userId: string }
  /** Another price book is in force (MON-2). */
  | { scope: 'price' }
  /** Drop everything. */
  | { scope: 'all' };
