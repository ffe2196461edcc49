import type { NodeId } from '@tollgate/core';
import type { NodeAbout, NodeList, NodeState } from '../node-port.ts';
import { NODE_TTL_MS } from '../port.ts';

/** What a node says of itself, as text of lua/register-node.lua. */
export function encodeNodeWords(about: NodeAbout, number: number | null): string {
  const { startedAtMs, version, label, inFlight } = about;
  return JSON.stringify({ s: startedAtMs, v: version, l: label, f: inFlight, n: number });
}

/** The reply of lua/list-nodes.lua. What is not understood (a newer node's words) counts as not said. */
export function parseNodeList(reply: unknown): NodeList {
  const [number, ...flat] = Array.isArray(reply) ? (reply as unknown[]) : [];
  const nodes: NodeState[] = [];
  for (let at = 0; at + 2 < flat.length; at += 3) {
    const leftMs = Number(flat[at + 1]);
    const silentMs = Math.max(0, NODE_TTL_MS - leftMs);
    nodes.push({ id: String(flat[at]) as NodeId, silentMs, ...decodeNodeWords(flat[at + 2]) });
  }
  return { number: Number(number), nodes: nodes.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
}

function decodeNodeWords(text: unknown): Pick<NodeState, 'about' | 'number'> {
  const { s: startedAtMs, v: version, l: label, f: inFlight, n: number } = parseRecord(text);
  if (typeof startedAtMs !== 'number' || typeof version !== 'string' || typeof inFlight !== 'number')
    return { about: null, number: null };
  return {
    about: { startedAtMs, version, label: typeof label === 'string' ? label : null, inFlight },
    number: typeof number === 'number' ? number : null,
  };
}

function parseRecord(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string') return {};
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
