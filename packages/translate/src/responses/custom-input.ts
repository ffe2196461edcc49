import { parseArguments } from '../conversation/build-arguments.ts';

/** Where free text goes when a tool is called that takes nothing but free text. */
export const CUSTOM_INPUT = 'input';

/** The free text in the arguments of such a tool; a model that did not keep to it gave its text some other way. */
export function readCustomInput(json: string): string {
  const text = parseArguments(json === '' ? '{}' : json)[CUSTOM_INPUT];
  return typeof text === 'string' ? text : json;
}

export function buildCustomArguments(text: string): string {
  return JSON.stringify({ [CUSTOM_INPUT]: text });
}
