import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { GroupId, KeyId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildRequestSession } from './request-session.ts';
import { buildParsedContext } from './testing/build-context.ts';
import { buildGroup, buildKey } from './testing/build-snapshots.ts';

const build = (session: string, keyId = 'key_1', groupId = 'grp_1') =>
  buildRequestSession(
    buildParsedContext(
      {},
      buildKey({ key: { id: keyId as KeyId }, groups: [buildGroup({ id: groupId as GroupId })] }),
      { headers: session === '' ? [] : [['x-session-id', session]] },
    ).context,
  );

describe('request-session', () => {
  it('[SESS-1] the same words give the same names', () => {
    expect(build('one')).toEqual(build('one'));
    expect(build('one')).not.toEqual(build('two'));
  });

  it('[LIM-7] [SEL-4] one client cannot ride on another’s session', () => {
    const [mine, other] = [build('one', 'key_1'), build('one', 'key_2')];
    expect(mine?.id).not.toBe(other?.id);
    expect(mine?.stickyName).not.toBe(other?.stickyName);
  });

  it('[SEL-4] each group binds for itself; the session on an account is one', () => {
    const [first, second] = [build('one', 'key_1', 'grp_1'), build('one', 'key_1', 'grp_2')];
    expect(first?.stickyName).not.toBe(second?.stickyName);
    expect(first?.id).toBe(second?.id);
  });

  it('[SESS-1] [SEL-3] only what the client named is a conversation for sure', () => {
    expect([build('one')?.isNamed, build('')?.isNamed]).toEqual([true, false]);
    const named = { metadata: { user_id: `user_1_account__session_${randomUUID()}` } };
    expect(buildRequestSession(buildParsedContext(named).context)?.isNamed).toBe(true);
    expect(buildRequestSession(buildParsedContext({ prompt_cache_key: 'k' }).context)?.isNamed).toBe(true);
    // A client cannot pass an id off as a text.
    expect(build('text-sha256:00')?.isNamed).toBe(true);
  });

  it('[SEL-4] is made once for each group that the request tries', () => {
    const { context } = buildParsedContext();
    const first = buildRequestSession(context);
    expect(buildRequestSession(context)).toBe(first);
    context.group = buildGroup({ id: 'grp_2' as GroupId });
    expect(buildRequestSession(context)?.stickyName).not.toBe(first?.stickyName);
    expect(buildRequestSession(context)?.id).toBe(first?.id);
  });

  it('[SESS-1] a request without any session and text has none', () => {
    const { context } = buildParsedContext({ messages: [] });
    expect(buildRequestSession(context)).toBeNull();
  });

  it('[SESS-1] whatever the client writes, the names are short and opaque', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const session = build(text.repeat(40));
        expect(session?.id).toMatch(/^[\w-]{43}$/u);
        expect(session?.stickyName).toMatch(/^[\w-]{43}$/u);
      }),
    );
  });
});
