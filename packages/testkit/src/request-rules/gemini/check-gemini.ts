import { checkShape } from '../check-shape.ts';
import { complain, findFirst, type Complaint, type RequestRule, type RuleContext } from '../complaint.ts';
import { camelBody } from './camel-body.ts';
import { checkContents } from './check-contents.ts';
import { checkJsonSchema } from './check-json-schema.ts';
import { geminiSchema, type GeminiBody } from './gemini-schema.ts';

const OLD_MODEL = /gemini-[12](?:\.|-|$)/u;
/** Least and most of `thinkingBudget`, and whether 0 turns it off; -1 lets the model choose. */
const BUDGETS: readonly [model: RegExp, min: number, max: number, takesZero: boolean][] = [
  [/gemini-2\.5-flash-lite/u, 512, 24_576, true],
  [/gemini-2\.5-flash/u, 1, 24_576, true],
  [/gemini-2\.5-pro/u, 128, 32_768, false],
];

/** Judges a body of `generateContent` as Google does. null = it is taken. */
export function checkGeminiRequest(json: unknown, context: RuleContext): Complaint | null {
  const checked = checkShape(geminiSchema, camelBody(json));
  if (!checked.ok) return checked.complaint;
  return findFirst([checkContents, checkTools, checkThinking, checkFormat], checked.body, context);
}

function listDeclarations({ tools = [] }: GeminiBody): { name: string; parametersJsonSchema?: unknown }[] {
  return tools.flatMap((tool) => tool.functionDeclarations ?? []);
}

const checkTools: RequestRule<GeminiBody> = (body, { model }) => {
  const declared = listDeclarations(body);
  const names = declared.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return complain(['tools'], `Duplicate function declaration found: ${twice}`);
  for (const [index, { parametersJsonSchema: schema }] of declared.entries()) {
    const path = ['tools', 'functionDeclarations', index, 'parametersJsonSchema'];
    const complaint = schema === undefined ? null : checkJsonSchema(schema, path);
    if (complaint !== null) return complaint;
  }
  const searches = body.tools?.some(({ googleSearch }) => googleSearch !== undefined) ?? false;
  if (searches && declared.length > 0 && OLD_MODEL.test(model)) {
    return complain(['tools'], 'Tool use with function calling is unsupported');
  }
  return checkCalling(body, names);
};

function checkCalling({ toolConfig }: GeminiBody, names: readonly string[]): Complaint | null {
  const config = toolConfig?.functionCallingConfig;
  if (config === undefined) return null;
  const path = ['toolConfig', 'functionCallingConfig'];
  if (names.length === 0)
    return complain(path, 'Function calling config is set without function_declarations.');
  const unknown = config.allowedFunctionNames?.find((name) => !names.includes(name));
  return unknown === undefined
    ? null
    : complain(path, `allowed_function_names: '${unknown}' is not declared`);
}

const checkThinking: RequestRule<GeminiBody> = ({ generationConfig }, { model }) => {
  const config = generationConfig?.thinkingConfig;
  const path = ['generationConfig', 'thinkingConfig'];
  if (config === undefined) return null;
  const { thinkingBudget: budget, thinkingLevel: level } = config;
  if (/gemini-(?:1|2\.0)/u.test(model)) return complain(path, 'Thinking is not supported for this model.');
  if (level !== undefined && budget !== undefined) {
    return complain(path, 'You can only set only one of thinking budget and thinking level.');
  }
  if (level !== undefined && OLD_MODEL.test(model)) {
    return complain(path, 'Thinking level is not supported for this model.');
  }
  const [, min, max, takesZero] = BUDGETS.find(([pattern]) => pattern.test(model)) ?? [];
  if (budget === undefined || min === undefined || max === undefined || budget === -1) return null;
  if ((budget === 0 && takesZero) || (budget >= min && budget <= max)) return null;
  return complain(
    path,
    `The thinking budget ${budget} is invalid. Please choose a value between ${min} and ${max}.`,
  );
};

const checkFormat: RequestRule<GeminiBody> = (body, { model }) => {
  const config = body.generationConfig ?? {};
  const path = ['generationConfig'];
  const hasSchema = config.responseSchema !== undefined || config.responseJsonSchema !== undefined;
  if (config.responseSchema !== undefined && config.responseJsonSchema !== undefined) {
    return complain(path, 'Only one of response_schema and response_json_schema may be set.');
  }
  const isJson = config.responseMimeType === 'application/json';
  if (hasSchema && !isJson) return complain(path, "response schema requires 'application/json'.");
  if (isJson && listDeclarations(body).length > 0 && OLD_MODEL.test(model)) {
    return complain(path, "Function calling with a response mime type: 'application/json' is unsupported");
  }
  if (config.responseJsonSchema === undefined) return null;
  return checkJsonSchema(config.responseJsonSchema, [...path, 'responseJsonSchema']);
};
