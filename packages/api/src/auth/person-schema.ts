import { z } from 'zod';

export const personSchema = z.strictObject({
  id: z.string(),
  email: z.string(),
  role: z.enum(['admin', 'user']),
});
