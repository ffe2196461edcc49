import type { GroupId, GroupSnapshot, KeySnapshot } from '@tollgate/core';

/** As many groups as a node keeps pools of. */
const GROUPS_MAX = 1_000;

/**
 * One object for each group in force. Each key's snapshot brings its own copy of its groups; what is worked out for
 * a group (prices, who may serve a model) is remembered by object, and would be worked out for each key anew.
 */
export class SharedGroups {
  readonly #known = new Map<GroupId, { text: string; group: GroupSnapshot }>();

  /** The same key, its groups in place of their equals. */
  share(snapshot: KeySnapshot): KeySnapshot {
    return { ...snapshot, groups: snapshot.groups.map((group) => this.#shareOne(group)) };
  }

  #shareOne(group: GroupSnapshot): GroupSnapshot {
    const text = JSON.stringify(group);
    const known = this.#known.get(group.id);
    if (known?.text === text) return known.group;
    if (this.#known.size >= GROUPS_MAX) this.#known.clear();
    this.#known.set(group.id, { text, group });
    return group;
  }
}
