import { z } from 'zod';

/** What Chat Completions and Responses have in common. */
export const functionName = z
  .string()
  .regex(
    /^[a-zA-Z0-9_-]+$/u,
    "string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'.",
  )
  .max(64, 'string too long. Expected a string with maximum length 64');
export const callId = z.string().min(1).max(64, 'string too long. Expected a string with maximum length 64');
export const imageUrl = z
  .string()
  .regex(
    /^(?:https?:\/\/|data:image\/(?:png|jpeg|jpg|gif|webp);base64,[A-Za-z0-9+/]+=*$)/u,
    'invalid image_url',
  );
export const fileData = z.string().regex(/^data:[\w.+/-]+;base64,[A-Za-z0-9+/]+=*$/u, 'invalid file_data');
export const temperature = z.number().min(0).max(2).nullish();
export const topP = z.number().min(0).max(1).nullish();
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish();
export const verbosity = z.enum(['low', 'medium', 'high']).nullish();
export const serviceTier = z.string().nullish();
export const formatName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/u, 'string does not match pattern');
export const jsonObject = z.record(z.string(), z.unknown());

const REASONING = /^(?:o\d|codex|gpt-(?:[5-9]|\d\d)(?!.*chat))/u;

/** The model thinks, and refuses sampling and stops. */
export function isReasoningModel(model: string): boolean {
  return REASONING.test(model);
}
