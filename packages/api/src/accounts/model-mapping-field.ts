import { parseModelMapping } from '@tollgate/accounts';
import { z } from 'zod';

/** Requested name → upstream name; not empty = also the allow-list. The rules are those of the data plane. */
export const modelMappingField = z.record(z.string(), z.string()).superRefine((mapping, context) => {
  const parsed = parseModelMapping(mapping);
  if (parsed.ok) return;
  for (const { name, message } of parsed.problems) {
    context.addIssue({ code: 'custom', path: name === null ? [] : [name], message });
  }
});
