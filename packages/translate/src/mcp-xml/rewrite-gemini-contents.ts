import { getCamel, setCamel } from '../gemini/camel-keys.ts';
import { readFunctionResult } from '../gemini/read-function-result.ts';
import { isObject, listObjects, type JsonObject } from '../json/json-object.ts';
import { isXmlTool, writeResultTags, writeXmlCall } from './xml-names.ts';

/** Calls of MCP tools and their results in `contents` as the text that they are for the model; all else as it came. */
export function rewriteGeminiContents(contents: unknown): unknown {
  return Array.isArray(contents) ? contents.flatMap(rewriteContent) : contents;
}

function rewriteContent(content: unknown): unknown[] {
  if (!isObject(content)) return [content];
  const parts: unknown = content['parts'];
  if (!Array.isArray(parts) || !parts.some(isXmlPart)) return [content];
  const responses = parts.filter((part) => isObject(part) && !isXmlPart(part) && hasResponse(part));
  const others = parts.filter((part) => !responses.includes(part)).flatMap(rewritePart);
  // Calls stand where they stood.
  if (content['role'] === 'model') return [{ ...content, parts: parts.flatMap(rewritePart) }];
  const spoken = { ...content, role: 'user', parts: others };
  // The number of responses in a content is held against that of the calls: words go behind.
  return responses.length === 0 ? [spoken] : [{ ...content, parts: responses }, spoken];
}

function hasResponse(part: JsonObject): boolean {
  return isObject(getCamel(part, 'functionResponse'));
}

function isXmlPart(part: unknown): boolean {
  if (!isObject(part)) return false;
  return ['functionCall', 'functionResponse'].some((key) => {
    const inner = getCamel(part, key);
    return isObject(inner) && typeof inner['name'] === 'string' && isXmlTool(inner['name']);
  });
}

/** A signature beside a call stays beside the text that has made it. */
function rewritePart(part: unknown): unknown[] {
  if (!isObject(part) || !isXmlPart(part)) return [part];
  const call = getCamel(part, 'functionCall');
  if (isObject(call)) return [{ ...setCamel(part, 'functionCall', undefined), text: writeCall(call) }];
  const response = getCamel(part, 'functionResponse');
  return isObject(response) ? writeResult(response) : [part];
}

function writeCall({ name, args }: JsonObject): string {
  return writeXmlCall(String(name), JSON.stringify(isObject(args) ? args : {}));
}

/** What a response holds beside its text, pictures for one, stands between its tags. */
function writeResult({ name, response, parts }: JsonObject): JsonObject[] {
  const { text, isError } = readFunctionResult(isObject(response) ? response : {});
  const { open, close } = writeResultTags(String(name), isError);
  const media = listObjects(parts);
  const words = text === '' ? open : `${open}\n${text}`;
  if (media.length === 0) return [{ text: `${words}\n${close}` }];
  return [{ text: words }, ...media, { text: close }];
}
