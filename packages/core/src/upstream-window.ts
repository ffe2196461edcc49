/** ACC-5. `5h`, `7d`: Anthropic subscriptions; `primary`, `secondary`: Codex, of any length. */
export const UPSTREAM_WINDOW_NAMES = ['5h', '7d', 'primary', 'secondary'] as const;
export type UpstreamWindowName = (typeof UPSTREAM_WINDOW_NAMES)[number];

/** How far an account's subscription window is used up, as the upstream itself said. */
export interface UpstreamWindow {
  name: UpstreamWindowName;
  /** Spent part: 0 = fresh, 1 = used up, more = overage. null = not said. */
  utilization: number | null;
  /** Wall clock, ms since 1970 UTC. null = not said. */
  resetsAtMs: number | null;
  /** Anthropic's own word; null = not said (Codex has none). */
  status: 'allowed' | 'allowed_warning' | 'rejected' | null;
  /** Length of the window. Plans differ in which length is the primary one. null = not said. */
  windowMinutes: number | null;
}
