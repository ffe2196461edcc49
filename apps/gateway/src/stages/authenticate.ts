import { hash } from 'node:crypto';
import type { BlockList } from 'node:net';
import { TollgateError, type Clock, type GroupSnapshot, type KeySnapshot } from '@tollgate/core';
import { buildAddressList, isInAddressList, selectClientAddress } from '@tollgate/config';
import { isGeminiPath } from '../dialects/gemini-path.ts';
import { buildPlatformMismatch } from '../platform-mismatch.ts';
import type { RequestContext } from '../request-context.ts';
import type { Endpoint } from '../routes.ts';
import type { ClientRequest } from '../server/port.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import type { UnknownKeyGuard } from '../snapshots/unknown-key-guard.ts';
import { isServedBy } from './is-served-by.ts';

export interface AuthenticateServices {
  snapshots: Snapshots;
  unknownKeys: UnknownKeyGuard;
  trustedProxies: BlockList;
  clock: Clock;
}

const KEY_CHARACTERS_MAX = 512;
const BEARER = /^bearer +(.+)$/i;

/** AUTH-1, AUTH-2. Exit: 401, 403, or 503 when no layer can tell. Synchronous on an L1 hit. */
export function authenticate(
  context: RequestContext,
  services: AuthenticateServices,
): TollgateError | null | Promise<TollgateError | null> {
  const { request } = context;
  const key = readKey(request);
  if (key === '') return new TollgateError('missing_key');
  if (key.length > KEY_CHARACTERS_MAX) return new TollgateError('invalid_key');
  const keyHash = hash('sha256', key, 'hex');
  const known = services.snapshots.keys.peek(keyHash);
  if (!known || hasAddressRules(known)) context.clientAddress = readAddress(request, services.trustedProxies);
  if (known) return checkKey(context, known, services.clock.nowMs());
  return authenticateSlowly(context, services, keyHash, known);
}

async function authenticateSlowly(
  context: RequestContext,
  services: AuthenticateServices,
  keyHash: string,
  known: null | undefined,
): Promise<TollgateError | null> {
  const nowMs = services.clock.nowMs();
  const address = context.clientAddress;
  const refusedForMs = services.unknownKeys.refusedForMs(address, nowMs);
  if (refusedForMs > 0) return new TollgateError('too_many_unknown_keys', { retryAfterMs: refusedForMs });
  const snapshot = known === undefined ? await services.snapshots.keys.get(keyHash) : known;
  if (snapshot) return checkKey(context, snapshot, services.clock.nowMs());
  services.unknownKeys.recordUnknownKey(address, nowMs);
  return new TollgateError('invalid_key');
}

/**
 * All lines of a header in one (RFC 9110 §5.3): a proxy may add its own line behind the one that the client
 * sent, so that the first alone would be the client's word.
 */
function joinHeader(request: ClientRequest, name: string): string {
  const first = request.header(name);
  if (first === '') return '';
  const lines = request.headers.filter(([known]) => known === name);
  return lines.length === 1 ? first : lines.map(([, value]) => value).join(',');
}

/** First non-empty of `Authorization: Bearer`, `x-api-key`, `x-goog-api-key`, and on Gemini routes `?key=`. */
function readKey(request: ClientRequest): string {
  const authorization = request.header('authorization');
  const bearer = authorization === '' ? '' : BEARER.exec(authorization)?.[1]?.trim();
  if (bearer) return bearer;
  const header = request.header('x-api-key').trim() || request.header('x-goog-api-key').trim();
  if (header || !isGeminiPath(request.path)) return header;
  return new URLSearchParams(request.query).get('key') ?? '';
}

function checkKey(context: RequestContext, snapshot: KeySnapshot, nowMs: number): TollgateError | null {
  const { key, user } = snapshot;
  if (key.status !== 'active') return new TollgateError('invalid_key');
  if (!isAddressAllowed(snapshot, context.clientAddress)) return new TollgateError('ip_refused');
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return new TollgateError('key_expired');
  if (user.status !== 'active') return new TollgateError('user_inactive');
  const group = selectGroup(snapshot.groups, context.endpoint);
  if (group instanceof TollgateError) return group;
  context.key = snapshot;
  context.group = group;
  return null;
}

/** The first active group of the key whose accounts speak the endpoint's protocol, else the first that serves it. */
function selectGroup(
  groups: readonly GroupSnapshot[],
  endpoint: Endpoint | null,
): GroupSnapshot | TollgateError {
  const platform = endpoint?.platform ?? null;
  let first: GroupSnapshot | null = null;
  let isOneServing = false;
  for (const group of groups) {
    if (!isServedBy(endpoint, group)) continue;
    isOneServing = true;
    if (group.status !== 'active') continue;
    if (platform === null || group.platform === platform) return group;
    first ??= group;
  }
  return first ?? (isOneServing ? new TollgateError('group_inactive') : buildPlatformMismatch(groups));
}

interface AddressRules {
  allow: BlockList | null;
  deny: BlockList;
}

const addressRules = new WeakMap<KeySnapshot, AddressRules>();

/** Asks the socket: not for every request, as most keys do not care. */
function readAddress(request: ClientRequest, trustedProxies: BlockList): string {
  return selectClientAddress(request.remoteAddress, joinHeader(request, 'x-forwarded-for'), trustedProxies);
}

function hasAddressRules({ key }: KeySnapshot): boolean {
  return key.ipAllow.length > 0 || key.ipDeny.length > 0;
}

/** Deny wins; an empty allow list allows everyone. */
function isAddressAllowed(snapshot: KeySnapshot, address: string): boolean {
  if (!hasAddressRules(snapshot)) return true;
  const { ipAllow, ipDeny } = snapshot.key;
  let rules = addressRules.get(snapshot);
  if (rules === undefined) {
    rules = { allow: ipAllow.length > 0 ? buildAddressList(ipAllow) : null, deny: buildAddressList(ipDeny) };
    addressRules.set(snapshot, rules);
  }
  if (isInAddressList(rules.deny, address)) return false;
  return rules.allow === null || isInAddressList(rules.allow, address);
}
