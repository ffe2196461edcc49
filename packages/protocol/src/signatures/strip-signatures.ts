import type { Protocol } from '@tollgate/core';
import { applyEdits, type SpliceEdit } from '../json/apply-edits.ts';
import { JsonCursor } from './json-cursor.ts';

/** Google's own word for a history whose signatures are not theirs: ai.google.dev/gemini-api/docs/thought-signatures */
const GEMINI_SKIP = '"skip_thought_signature_validator"';
/** A turn must not be empty. */
const NO_TURN = '[{"type":"text","text":"(no text)"}]';
const SIGNED_BLOCKS: ReadonlySet<string> = new Set(['thinking', 'redacted_thinking']);

/**
 * SEL-7: a request without what only its maker can read, so that another account takes it. Messages: thinking blocks
 * are left out, and where the last turn calls tools, which would need them, thinking is switched off for this request.
 * Responses: reasoning items are left out. Gemini: signatures become the word that has them passed over; `model`, the
 * upstream's, tells Claude, which knows no such word: there thoughts are left out. All other bytes stay. null = there
 * is nothing of that kind.
 */
export function stripSignatures(protocol: Protocol, body: Buffer, model = ''): Buffer | null {
  const edits = listEdits(protocol, new JsonCursor(body.toString('latin1')), model);
  return edits.length === 0 ? null : applyEdits(body, edits);
}

function listEdits(protocol: Protocol, request: JsonCursor, model: string): SpliceEdit[] {
  switch (protocol) {
    case 'messages':
      return listMessagesEdits(request);
    case 'responses':
      return dropElements(
        request.member('input'),
        (item) => item.member('type')?.string === 'reasoning',
        '[]',
      );
    case 'gemini':
      return model.includes('claude') ? listClaudeEdits(request) : listGeminiEdits(request);
    default:
      return [];
  }
}

function listMessagesEdits(request: JsonCursor): SpliceEdit[] {
  const turns = request.member('messages')?.elements() ?? [];
  const edits = turns.flatMap((turn) => dropElements(turn.member('content'), isSigned, NO_TURN));
  return edits.length === 0 ? [] : [...edits, ...listThinkingEdits(request, turns)];
}

function isSigned(block: JsonCursor): boolean {
  return SIGNED_BLOCKS.has(block.member('type')?.string ?? '');
}

/** With thinking on, a turn that called a tool has to begin with its thinking. */
function listThinkingEdits(request: JsonCursor, turns: readonly JsonCursor[]): SpliceEdit[] {
  const thinking = request.member('thinking');
  const last = turns.findLast((turn) => turn.member('role')?.string === 'assistant');
  const blocks = last?.member('content')?.elements() ?? [];
  const callsTools = blocks.some((block) => block.member('type')?.string === 'tool_use');
  if (thinking?.member('type')?.string !== 'enabled' || !callsTools) return [];
  return [
    { start: thinking.start, end: thinking.end, text: '{"type":"disabled"}' },
    // An edit of thinking is refused where there is none.
    ...dropElements(request.member('context_management')?.member('edits') ?? null, isThinkingEdit, '[]'),
  ];
}

function isThinkingEdit(edit: JsonCursor): boolean {
  return edit.member('type')?.string?.startsWith('clear_thinking') === true;
}

function listGeminiEdits(request: JsonCursor): SpliceEdit[] {
  const turns = request.member('contents')?.elements() ?? [];
  const parts = turns.flatMap((turn) => turn.member('parts')?.elements() ?? []);
  return parts.flatMap((part) =>
    ['thoughtSignature', 'thought_signature'].flatMap((key) => {
      const signature = part.member(key);
      return signature === null || signature.text === GEMINI_SKIP ? [] : [replace(signature, GEMINI_SKIP)];
    }),
  );
}

/** Claude behind Google's API (Antigravity): Anthropic's rules in Google's words. An empty signature is none. */
function listClaudeEdits(request: JsonCursor): SpliceEdit[] {
  const turns = request.member('contents')?.elements() ?? [];
  const edits = turns.flatMap((turn) => listTurnEdits(turn.member('parts')));
  if (edits.length === 0) return [];
  const last = turns.findLast((turn) => turn.member('role')?.string === 'model');
  const callsTools = last?.member('parts')?.elements().some(hasCall) ?? false;
  const thinking = findEither(findEither(request, 'generationConfig'), 'thinkingConfig');
  return callsTools && thinking !== null ? [...edits, replace(thinking, '{}')] : edits;
}

/** Thoughts go, and of what stays the signatures. */
function listTurnEdits(parts: JsonCursor | null): SpliceEdit[] {
  const elements = parts?.elements() ?? [];
  const kept = elements.filter((part) => !isThought(part));
  if (parts === null || kept.length === elements.length) return kept.flatMap(listSignatureEdits);
  if (kept.length === 0) return [replace(parts, '[{"text":"(no text)"}]')];
  const text = kept.map((part) => blankSignature(part)).join(',');
  return [replace(parts, Buffer.from(`[${text}]`, 'latin1').toString('utf8'))];
}

function listSignatureEdits(part: JsonCursor): SpliceEdit[] {
  const signature = findEither(part, 'thoughtSignature');
  return signature === null || signature.text === '""' ? [] : [replace(signature, '""')];
}

/** The part's text (latin1) without its signature. */
function blankSignature(part: JsonCursor): string {
  const signature = findEither(part, 'thoughtSignature');
  if (signature === null) return part.text;
  const at = signature.start - part.start;
  return `${part.text.slice(0, at)}""${part.text.slice(at + signature.text.length)}`;
}

function isThought(part: JsonCursor): boolean {
  return part.member('thought')?.text === 'true';
}

function hasCall(part: JsonCursor): boolean {
  return findEither(part, 'functionCall') !== null;
}

/** Google takes both spellings of a key. */
function findEither(object: JsonCursor | null, key: string): JsonCursor | null {
  const snake = key.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
  return object?.member(key) ?? object?.member(snake) ?? null;
}

/** The list without some of its elements, each left one byte for byte; none = as it is. `empty`: when none is left. */
function dropElements(
  list: JsonCursor | null,
  isDropped: (element: JsonCursor) => boolean,
  empty: string,
): SpliceEdit[] {
  const elements = list?.elements() ?? [];
  const kept = elements.filter((element) => !isDropped(element));
  if (list === null || kept.length === elements.length) return [];
  if (kept.length === 0) return [replace(list, empty)];
  const text = Buffer.from(`[${kept.map((element) => element.text).join(',')}]`, 'latin1').toString('utf8');
  return [replace(list, text)];
}

function replace({ start, end }: JsonCursor, text: string): SpliceEdit {
  return { start, end, text };
}
