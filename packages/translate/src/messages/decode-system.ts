import type { TextBlock } from '../conversation/blocks.ts';
import { isObject } from '../json/json-object.ts';
import type { Findings } from '../policy/findings.ts';

/** Claude Code's own mark, which changes with each prompt. */
const BILLING_HEADER = 'x-anthropic-billing-header';

/** `system`: a string or text blocks. */
export function decodeSystem(system: unknown, findings: Findings): TextBlock[] {
  if (system === undefined || system === null) return [];
  if (typeof system === 'string') return system === '' ? [] : [{ type: 'text', text: system }];
  if (!Array.isArray(system)) {
    findings.refuse('system', 'system: must be a string or a list of text blocks');
    return [];
  }
  return system.flatMap((block, index) => decodeSystemBlock(block, `system.${index}`, findings));
}

function decodeSystemBlock(block: unknown, param: string, findings: Findings): TextBlock[] {
  if (!isObject(block) || block['type'] !== 'text' || typeof block['text'] !== 'string') {
    findings.refuse(param, `${param}: must be a text block`);
    return [];
  }
  const { text } = block;
  if (block['cache_control']) findings.carries('cache-marks', `${param}.cache_control`);
  if (text.startsWith(BILLING_HEADER)) {
    findings.carries('billing-header', param);
    return [];
  }
  return text === '' ? [] : [{ type: 'text', text }];
}
