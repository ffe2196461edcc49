import { PLATFORMS, type Platform } from '@tollgate/core';
import type { AccountNode, GroupGraph, GroupNode } from '../groups/group-graph.ts';
import type { ConfigGroup } from './config-schema.ts';
import type { PlacedConfig } from './placed-config.ts';

/**
 * The links of all groups as the file would leave them, by name. `raw` is the unparsed file: entries that are wrong
 * in some field are there, with what they have now and nothing that would be said against them.
 */
export function buildConfigGraph(config: PlacedConfig, raw: object, known: GroupGraph): GroupGraph {
  const groups = new Map(known.groups);
  const accounts = new Map(known.accounts);
  for (const { name, platform } of listRaw(raw, 'groups')) {
    if (typeof name === 'string') groups.set(name, declareGroup(name, platform, known.groups.get(name)));
  }
  for (const { name } of listRaw(raw, 'accounts')) {
    if (typeof name === 'string') accounts.set(name, { name, groups: null });
  }
  for (const { entry } of config.groups) {
    const { name, platform } = entry;
    groups.set(name, { name, platform, ...selectLinks(entry, known.groups.get(name)) });
  }
  for (const { entry } of config.accounts) {
    accounts.set(entry.name, selectMembership(entry, known.accounts.get(entry.name)));
  }
  return { groups, accounts };
}

/** The section's entries as they stand in the file, right or wrong. */
export function listRaw(raw: object, section: string): Record<string, unknown>[] {
  return listPlaced(raw, section).map(({ entry }) => entry);
}

/** The same with their places in the file. */
export function listPlaced(
  raw: object,
  section: string,
): { index: number; entry: Record<string, unknown> }[] {
  const list: unknown = Object.entries(raw).find(([name]) => name === section)?.[1];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) =>
    typeof entry === 'object' && entry !== null ? [{ index, entry: entry as Record<string, unknown> }] : [],
  );
}

function declareGroup(name: string, platform: unknown, current: GroupNode | undefined): GroupNode {
  const links = current ?? { fallback: null, invalidRequestFallback: null, routes: [] };
  return { ...links, name, platform: PLATFORMS.find((one: Platform) => one === platform) ?? null };
}

/** A field that is left out stays as it is. */
function selectLinks(
  entry: ConfigGroup,
  current: GroupNode | undefined,
): Omit<GroupNode, 'name' | 'platform'> {
  const { fallback_group: fallback, fallback_group_on_invalid_request: onInvalid } = entry;
  return {
    fallback: (fallback === undefined ? current?.fallback : fallback) ?? null,
    invalidRequestFallback: (onInvalid === undefined ? current?.invalidRequestFallback : onInvalid) ?? null,
    routes: entry.model_routing ?? current?.routes ?? [],
  };
}

function selectMembership(
  { name, groups }: PlacedConfig['accounts'][number]['entry'],
  current: AccountNode | undefined,
): AccountNode {
  return {
    name,
    groups: groups ? new Set(groups.map(({ name: group }) => group)) : (current?.groups ?? new Set()),
  };
}
