import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type IpAddress, parseAddress } from './address-rules.ts';

export interface AddressRange {
  first: IpAddress;
  prefixBits: number;
}

/**
 * CIDR ranges or single addresses, v4 and v6. Blank entries are passed over.
 * Throws an Error that names the entry: this is configuration, read once at start.
 */
export function parseAllowList(entries: readonly string[]): AddressRange[] {
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseRange);
}

export function isInRange(address: IpAddress, range: AddressRange): boolean {
  if (address instanceof ipaddr.IPv4) {
    return range.first instanceof ipaddr.IPv4 && address.match(range.first, range.prefixBits);
  }
  return range.first instanceof ipaddr.IPv6 && address.match(range.first, range.prefixBits);
}

function parseRange(entry: string): AddressRange {
  const slash = entry.indexOf('/');
  const host = slash === -1 ? entry : entry.slice(0, slash);
  const mappedOrPlain = isIP(host) === 0 || host.includes('%') ? null : parseAddress(host);
  if (mappedOrPlain === null)
    throw new Error(`outbound allow entry "${entry}" is no IP address or CIDR range`);
  const bitsMax = mappedOrPlain instanceof ipaddr.IPv4 ? 32 : 128;
  const prefixBits = slash === -1 ? bitsMax : parsePrefix(entry.slice(slash + 1), bitsMax, isIP(host) === 6);
  if (prefixBits === null) {
    throw new Error(`outbound allow entry "${entry}" has a prefix length outside 0–${bitsMax}`);
  }
  return { first: mappedOrPlain, prefixBits };
}

function parsePrefix(text: string, bitsMax: number, isV6Text: boolean): number | null {
  if (!/^\d{1,3}$/u.test(text)) return null;
  // `::ffff:10.0.0.0/104` counts the 96 bits of the mapping prefix.
  const bits = Number(text) - (isV6Text && bitsMax === 32 ? 96 : 0);
  return bits >= 0 && bits <= bitsMax ? bits : null;
}
