import { BlockList, isIP } from 'node:net';

/** `203.0.113.0/24`, `2001:db8::/32` or a single address. Throws RangeError that names the entry. */
export function buildAddressList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry.trim());
  return list;
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', length, ...rest] = entry.split('/');
  const version = isIP(address);
  const bits = length === undefined ? null : parsePrefixBits(length, version === 4 ? 32 : 128);
  if (version === 0 || rest.length > 0 || Number.isNaN(bits)) {
    throw new RangeError(`not an address or CIDR: ${JSON.stringify(entry)}`);
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === null) list.addAddress(address, family);
  else list.addSubnet(address, bits, family);
}

/** NaN for what is no prefix length. Digits only: `Number('')` is 0, and `10.0.0.0/` would be everyone. */
function parsePrefixBits(text: string, bitsMax: number): number {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return bits <= bitsMax ? bits : Number.NaN;
}

/** v4 addresses inside v6 (`::ffff:192.0.2.1`) are matched as v4. Text that is no address is in no list. */
export function isInAddressList(list: BlockList, address: string): boolean {
  const plain = normalizeAddress(address);
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** Also spells out the mapped form that uWebSockets gives: `0000:0000:0000:0000:0000:ffff:7f00:0001`. */
export function normalizeAddress(address: string): string {
  const lower = address.trim().toLowerCase();
  const dotted = /^(?:::ffff:|(?:0{1,4}:){5}ffff:)(\d+\.\d+\.\d+\.\d+)$/.exec(lower);
  if (dotted?.[1]) return dotted[1];
  const hex = /^(?:::ffff:|(?:0{1,4}:){5}ffff:)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(lower);
  if (!hex?.[1] || !hex[2]) return lower;
  const value = Number.parseInt(hex[1], 16) * 0x1_0000 + Number.parseInt(hex[2], 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/**
 * The client's address: the socket's, or, when the socket is a trusted proxy, the last entry of
 * X-Forwarded-For that is not a trusted proxy itself (entries left of it may be forged). `forwardedFor`: all
 * lines of that header in one; text that is no address ends the search at the socket's.
 */
export function selectClientAddress(socketAddress: string, forwardedFor: string, trusted: BlockList): string {
  const socket = normalizeAddress(socketAddress);
  if (forwardedFor === '' || !isInAddressList(trusted, socket)) return socket;
  const hops = forwardedFor.split(',').map(normalizeAddress);
  for (const hop of hops.toReversed()) {
    if (isIP(hop) === 0) return socket;
    if (!isInAddressList(trusted, hop)) return hop;
  }
  return hops[0] ?? socket;
}
