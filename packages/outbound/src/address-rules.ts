import ipaddr from 'ipaddr.js';

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** Reachable from a cloud machine under a public-looking address: Azure's WireServer (metadata, DHCP, DNS). */
const METADATA_V4 = new Set(['168.63.129.16']);
/** RFC 4291: only 2000::/3 is handed out as global unicast; the rest is special or unassigned. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');
/** RFC 6052: IPv4 seen through a NAT64 gateway. Networks without IPv4 need it for public addresses. */
const NAT64_V6 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const SIX_TO_FOUR_V6 = ipaddr.IPv6.parseCIDR('2002::/16');

/**
 * Only what is surely the public internet is public: everything with a special range of its own, deprecated
 * tunnels and unassigned blocks are not. An IPv4 address inside a v6 form is judged as that IPv4 address.
 */
export function isPublicAddress(address: IpAddress): boolean {
  if (address instanceof ipaddr.IPv4) {
    return address.range() === 'unicast' && !METADATA_V4.has(address.toString());
  }
  const embedded = selectEmbeddedV4(address);
  if (embedded !== null) return isPublicAddress(embedded);
  return address.match(GLOBAL_UNICAST_V6) && address.range() === 'unicast';
}

/** Textual address → value, mapped v4 unwrapped; null when it is no IP address. Zone ids are kept out. */
export function parseAddress(text: string): IpAddress | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare);
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return null;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** The IPv4 address that packets to this v6 address end at, for the forms that are routed at all. */
function selectEmbeddedV4(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray();
  if (address.isIPv4MappedAddress() || address.match(NAT64_V6)) return new ipaddr.IPv4(bytes.slice(12, 16));
  if (address.match(SIX_TO_FOUR_V6)) return new ipaddr.IPv4(bytes.slice(2, 6));
  return null;
}
