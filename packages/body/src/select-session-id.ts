import { buildIdToken, type BodySession, type SessionToken } from './read-session-ids.ts';

/** In order; the third is Claude Code's, the last one Codex'. */
const SESSION_HEADERS = ['session_id', 'x-session-id', 'x-claude-code-session-id', 'session-id'] as const;

/** `header`: the first value of a header by its lower-case name, '' if absent. */
interface Headers {
  header(name: string): string;
}

/**
 * [SESS-1] The session of a request, from the first that exists: `metadata.user_id`, a session header,
 * `prompt_cache_key`, a hash of the prompt's text. null = the request names no session and has no text.
 * At most 76 printable ASCII characters; not yet scoped by key.
 */
export function selectSessionId(session: BodySession, request: Headers): SessionToken | null {
  if (session.user !== null) return session.user;
  for (const name of SESSION_HEADERS) {
    const token = buildIdToken(request.header(name));
    if (token !== null) return token;
  }
  return session.promptCacheKey ?? session.text;
}
