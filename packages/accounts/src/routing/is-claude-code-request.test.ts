import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClaudeCodeRequest } from './is-claude-code-request.ts';

const DEVICE = 'a1'.repeat(32);
const UUID = '0b8e4f7a-11c2-4d3e-9f00-123456789abc';
const USER_AGENT = 'claude-cli/2.1.329 (external, sdk-cli)';
const USER_ID = JSON.stringify({ device_id: DEVICE, account_uuid: '', session_id: UUID });

describe('[SEL-6] isClaudeCodeRequest', () => {
  it.each([
    ['1.0.128, logged out', `user_${DEVICE}_account__session_${UUID}`],
    ['logged in', `user_${DEVICE}_account_${UUID}_session_${UUID}`],
    ['2.1.197, JSON', USER_ID],
    ['JSON, logged in', JSON.stringify({ session_id: UUID, account_uuid: UUID, device_id: DEVICE })],
    ['JSON without the account', JSON.stringify({ device_id: DEVICE, session_id: UUID })],
    ['JSON with a field to come', JSON.stringify({ device_id: DEVICE, session_id: UUID, more: { a: 1 } })],
  ])('knows the user id of %s', (_, metadataUserId) => {
    expect(isClaudeCodeRequest({ userAgent: USER_AGENT, metadataUserId })).toBe(true);
  });

  it.each([
    'claude-cli/1.0.128 (external, cli)',
    'claude-cli/2.0.76',
    'claude-cli/3.0.0-beta.1 (external, cli)',
  ])('knows the user agent %j', (userAgent) =>
    expect(isClaudeCodeRequest({ userAgent, metadataUserId: USER_ID })).toBe(true),
  );

  it.each([
    null,
    '',
    'claude-cli',
    'claude-cli/2.1',
    'claude-cli/2.1.3x',
    'my-claude-cli/2.1.329 (external, cli)',
    'curl/8 claude-cli/2.1.329 (external, cli)',
    ' claude-cli/2.1.329 (external, cli)',
    'Claude-CLI/2.1.329',
    'claude-cli/999999.1.1',
    'claude-cli/2.1.329\n',
    'anthropic-sdk-typescript/1.11.0',
  ])('takes %j for another client', (userAgent) => {
    expect(isClaudeCodeRequest({ userAgent, metadataUserId: USER_ID })).toBe(false);
  });

  it.each([
    null,
    '',
    'user_1',
    `user_${DEVICE}_account__session_`,
    `user_${DEVICE}_account__session_${UUID}x`,
    `xuser_${DEVICE}_account__session_${UUID}`,
    `user_${DEVICE}_account__session_${UUID}\n`,
    `user_${'g'.repeat(64)}_account__session_${UUID}`,
    `user_${DEVICE}_account_me_session_${UUID}`,
    `user_${DEVICE.toUpperCase()}_account__session_${UUID}`,
    '{}',
    '{"device_id":',
    '[]',
    'null',
    JSON.stringify({ device_id: DEVICE }),
    JSON.stringify({ session_id: UUID }),
    JSON.stringify({ device_id: DEVICE, session_id: 'mine' }),
    JSON.stringify({ device_id: 7, session_id: [UUID] }),
    JSON.stringify({ device_id: DEVICE, session_id: UUID, account_uuid: 'me' }),
    JSON.stringify({ device_id: DEVICE, session_id: UUID, pad: 'x'.repeat(10_000) }),
    JSON.stringify(USER_ID),
  ])('takes the user id %.80j for another client’s', (metadataUserId) => {
    expect(isClaudeCodeRequest({ userAgent: USER_AGENT, metadataUserId })).toBe(false);
  });

  it('garbage never throws, and is not Claude Code', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    fc.assert(
      fc.property(text, text, (userAgent, metadataUserId) => {
        expect(isClaudeCodeRequest({ userAgent, metadataUserId: USER_ID })).toBe(false);
        expect(isClaudeCodeRequest({ userAgent: USER_AGENT, metadataUserId })).toBe(false);
      }),
    );
  });
});
