import { z } from 'zod';

const count = z.union([z.int(), z.string().regex(/^\d+$/u)]).optional();
const choice = z.array(z.string().min(1, 'enum: cannot be empty')).optional();

interface OpenApiSchema {
  [key: string]: unknown;
}

/**
 * `Schema` of Google's reference: the part of OpenAPI that `parameters` and `responseSchema` take. No `$ref`, no
 * `additionalProperties`, no `const`, no lists of types. https://ai.google.dev/api/caching#Schema
 */
export const openApiSchema: z.ZodType<OpenApiSchema> = z.lazy(() =>
  z
    .strictObject({
      type: z
        .string('Proto field is not repeating, cannot start list.')
        .regex(
          /^(?:type_unspecified|string|number|integer|boolean|array|object|null)$/iu,
          'Invalid value at type',
        )
        .optional(),
      format: z.string().optional(),
      title: z.string().optional(),
      description: z.string().optional(),
      nullable: z.boolean().optional(),
      enum: choice,
      items: openApiSchema.optional(),
      maxItems: count,
      minItems: count,
      properties: z.record(z.string(), openApiSchema).optional(),
      required: z.array(z.string()).optional(),
      minProperties: count,
      maxProperties: count,
      minLength: count,
      maxLength: count,
      pattern: z.string().optional(),
      example: z.unknown().optional(),
      anyOf: z.array(openApiSchema).min(1).optional(),
      propertyOrdering: z.array(z.string()).optional(),
      default: z.unknown().optional(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    })
    .superRefine((schema, issues) => {
      const message = findTrouble(schema);
      if (message !== null) issues.addIssue({ code: 'custom', message });
    }),
);

function findTrouble(schema: OpenApiSchema): string | null {
  const type = typeof schema['type'] === 'string' ? schema['type'].toLowerCase() : null;
  const properties = schema['properties'] as Record<string, unknown> | undefined;
  if (type === 'array' && schema['items'] === undefined) return 'items: missing field.';
  if (schema['enum'] !== undefined && type !== 'string') return 'enum: only allowed for STRING type';
  if (type === null && schema['anyOf'] === undefined) return 'type: must be specified';
  const unknown = (schema['required'] as string[] | undefined)?.find(
    (key) => !Object.hasOwn(properties ?? {}, key),
  );
  return unknown === undefined ? null : `required: property '${unknown}' is not defined`;
}
