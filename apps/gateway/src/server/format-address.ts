/**
 * The text of a socket address. `bytes`: 4 or 16 in network order, 0 when the socket is gone (gives '').
 * An IPv4 client of an IPv6 socket (`::ffff:a.b.c.d`) is given as IPv4, so that address lists match it.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  if (isMappedIpv4(bytes)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => readGroup(bytes, index).toString(16)).join(':');
  // The URL parser writes IPv6 in its canonical short form (RFC 5952).
  return new URL(`http://[${groups}]`).hostname.slice(1, -1);
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && readGroup(bytes, 5) === 0xffff;
}

function readGroup(bytes: Uint8Array, index: number): number {
  return ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0);
}
