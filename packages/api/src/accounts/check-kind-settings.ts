import type { AccountKind, OpenAiProtocol, Platform } from '@tollgate/core';
import type { Problem } from '../problems/problem.ts';

interface KindSettings {
  sessionsMax?: number | undefined;
  windowCostLimit?: string | null | undefined;
  upstreamProtocol?: OpenAiProtocol | null | undefined;
}

/**
 * LIM-7 and LIM-8 are about subscriptions: an API key has neither sessions nor a window, and a limit that is set
 * but never held would be a trap.
 */
export function checkKindSettings(
  { kind, platform }: { kind: AccountKind; platform: Platform },
  settings: KindSettings,
): Problem[] {
  const isSpoken = platform === 'openai' || (settings.upstreamProtocol ?? null) === null;
  const message = `not used by an account of platform ${platform}`;
  return [...(isSpoken ? [] : [{ path: 'upstreamProtocol', message }]), ...checkLimits(kind, settings)];
}

function checkLimits(kind: AccountKind, settings: KindSettings): Problem[] {
  if (kind !== 'api-key') return [];
  const message = 'not used by an account of kind api-key';
  return [
    ...((settings.sessionsMax ?? 0) > 0 ? [{ path: 'sessionsMax', message }] : []),
    ...(typeof settings.windowCostLimit === 'string' ? [{ path: 'windowCostLimit', message }] : []),
  ];
}
