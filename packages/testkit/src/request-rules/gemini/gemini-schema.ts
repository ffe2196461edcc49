import { z } from 'zod';
import { openApiSchema } from './openapi-schema.ts';

export const functionName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/u,
    'Invalid function name. Must start with a letter or an underscore, at most 64 characters.',
  );
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]+=*$/u, 'Base64 decoding failed');
const object = z.record(z.string(), z.unknown());
const mimeType = z.string().regex(/^\w+\/[\w.+-]+/u, 'Unsupported MIME type');

const inlineData = z.strictObject({ mimeType, data: base64, displayName: z.string().optional() });
const fileData = z.strictObject({
  mimeType: mimeType.optional(),
  fileUri: z.string().min(1),
  displayName: z.string().optional(),
});

/** What a part is about; exactly one of these is said. */
const DATA = {
  text: z.string(),
  inlineData,
  fileData,
  functionCall: z.strictObject({ id: z.string().optional(), name: functionName, args: object.optional() }),
  functionResponse: z.strictObject({
    id: z.string().optional(),
    name: functionName,
    response: object,
    parts: z.array(z.union([z.strictObject({ inlineData }), z.strictObject({ fileData })])).optional(),
    willContinue: z.boolean().optional(),
    scheduling: z.string().optional(),
  }),
  executableCode: z.unknown(),
  codeExecutionResult: z.unknown(),
  toolCall: z.unknown(),
  toolResponse: z.unknown(),
};

const part = z
  .strictObject({
    ...z.object(DATA).partial().shape,
    thought: z.boolean().optional(),
    thoughtSignature: z.string().min(1).optional(),
    videoMetadata: z.unknown().optional(),
    mediaResolution: z.unknown().optional(),
    partMetadata: z.unknown().optional(),
  })
  .refine(
    (said) => countData(said) === 1 || isMark(said),
    "required oneof field 'data' must have one initialized field",
  );

function countData(said: object): number {
  return Object.keys(DATA).filter((key) => key in said).length;
}

function isSomething(said: { text?: string | undefined; thoughtSignature?: string | undefined }): boolean {
  return said.text !== '' || said.thoughtSignature !== undefined;
}

function isMark(said: object): boolean {
  return countData(said) === 0 && 'thoughtSignature' in said;
}

const parts = z
  .array(part)
  .min(1, 'contents.parts must not be empty.')
  .refine((list) => list.some(isSomething), 'must include at least one parts field with something in it');
const content = z.strictObject({
  role: z.enum(['user', 'model', 'function'], 'Please use a valid role: user, model.').optional(),
  parts,
});

const functionDeclaration = z
  .strictObject({
    name: functionName,
    description: z.string().optional(),
    parameters: openApiSchema.optional(),
    parametersJsonSchema: object.optional(),
    response: openApiSchema.optional(),
    responseJsonSchema: object.optional(),
    behavior: z.string().optional(),
  })
  .refine(
    (said) => said.parameters === undefined || said.parametersJsonSchema === undefined,
    'parameters and parameters_json_schema are mutually exclusive',
  );

const tool = z
  .strictObject({
    functionDeclarations: z.array(functionDeclaration).optional(),
    googleSearch: object.optional(),
    googleSearchRetrieval: object.optional(),
    codeExecution: object.optional(),
    urlContext: object.optional(),
    googleMaps: object.optional(),
    fileSearch: object.optional(),
    computerUse: object.optional(),
  })
  .refine(
    (said) => Object.keys(said).length > 0,
    'tool_type: required one_of must have one initialized field',
  );

const functionCallingConfig = z
  .strictObject({
    mode: z.enum(['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']).optional(),
    allowedFunctionNames: z.array(z.string()).optional(),
    streamFunctionCallArguments: z.boolean().optional(),
  })
  .refine(
    ({ mode, allowedFunctionNames: names }) => !names?.length || mode === 'ANY' || mode === 'VALIDATED',
    'Allowed function names should only be set when function calling mode is ANY.',
  );

const generationConfig = z.strictObject({
  temperature: z.number().min(0).max(2, 'must be in the range [0.0, 2.0]').optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.number().min(1, 'top_k must be positive').optional(),
  maxOutputTokens: z.int().min(1, 'max_output_tokens must be positive.').optional(),
  stopSequences: z
    .array(z.string().min(1, 'stop sequences must not be empty'))
    .max(5, 'stop_sequences must be at most 5')
    .optional(),
  candidateCount: z.int().optional(),
  seed: z
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1, 'Invalid value at seed (TYPE_INT32)')
    .optional(),
  presencePenalty: z.number().min(-2).lt(2).optional(),
  frequencyPenalty: z.number().min(-2).lt(2).optional(),
  responseMimeType: z.string().optional(),
  responseSchema: openApiSchema.optional(),
  responseJsonSchema: object.optional(),
  responseModalities: z.array(z.string()).optional(),
  responseLogprobs: z.boolean().optional(),
  logprobs: z.int().optional(),
  thinkingConfig: z
    .strictObject({
      includeThoughts: z.boolean().optional(),
      thinkingBudget: z.int().optional(),
      thinkingLevel: z
        .enum(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'minimal', 'low', 'medium', 'high'])
        .optional(),
    })
    .optional(),
  speechConfig: z.unknown().optional(),
  imageConfig: z.unknown().optional(),
  mediaResolution: z.string().optional(),
  enableEnhancedCivicAnswers: z.boolean().optional(),
});

/** A body of `generateContent` in camelCase; unknown names are refused as Google does. */
export const geminiSchema = z.strictObject({
  model: z.string().optional(),
  contents: z.array(content).min(1, 'contents is not specified'),
  systemInstruction: z.union([z.strictObject({ role: z.string().optional(), parts }), z.string()]).optional(),
  tools: z.array(tool).optional(),
  toolConfig: z
    .strictObject({
      functionCallingConfig: functionCallingConfig.optional(),
      retrievalConfig: z.unknown().optional(),
      includeServerSideToolInvocations: z.boolean().optional(),
    })
    .optional(),
  generationConfig: generationConfig.optional(),
  safetySettings: z.array(z.unknown()).optional(),
  cachedContent: z.string().optional(),
  labels: z.unknown().optional(),
  serviceTier: z.string().optional(),
  store: z.boolean().optional(),
  sessionId: z.string().optional(),
});

export type GeminiBody = z.infer<typeof geminiSchema>;
export type GeminiContent = GeminiBody['contents'][number];
