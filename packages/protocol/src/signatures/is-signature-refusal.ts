import type { Protocol } from '@tollgate/core';
import { readUpstreamError } from '../errors/read-upstream-error.ts';

/**
 * "messages.1.content.0: Invalid `signature` in `thinking` block", "Invalid `data` in `redacted_thinking` block",
 * "messages.1.content.0.thinking.signature: Field required", "`thinking` or `redacted_thinking` blocks in the latest
 * assistant message cannot be modified", "Expected `thinking` or `redacted_thinking`, but found `text`"
 */
const ANTHROPIC =
  /invalid `?(?:signature|data)`? in `?(?:redacted_)?thinking|thinking\.signature: field required|thinking`? blocks .{0,80}cannot be modified|expected `?thinking`? or `?redacted_thinking`?, but found/iu;

/** How vendors refuse signed thinking that they cannot read. */
const REFUSALS: Readonly<Partial<Record<Protocol, RegExp>>> = {
  messages: ANTHROPIC,
  // "The encrypted content gAAA… could not be verified", code invalid_encrypted_content; "Item with id 'rs_…' not found"
  responses:
    /invalid_encrypted_content|encrypted content .{0,200}could not be|item with id 'rs_[^']*' not found/isu,
  // "Thought signature is not valid", "Corrupted thought signature."; Claude on Antigravity speaks Anthropic's words.
  gemini: new RegExp(`thought[ _]?signature|${ANTHROPIC.source}`, 'iu'),
};

/** SEL-7: whether an upstream's refusal (400, or 404 for an item) is about thinking that another account signed. */
export function isSignatureRefusal(protocol: Protocol, status: number, body: Buffer): boolean {
  const pattern = REFUSALS[protocol];
  if (pattern === undefined || (status !== 400 && status !== 404)) return false;
  const report = readUpstreamError(protocol, body, status);
  return report !== null && pattern.test(`${report.code ?? ''}\n${report.message}`);
}
