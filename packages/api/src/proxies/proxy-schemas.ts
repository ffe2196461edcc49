import type { schema } from '@tollgate/db';
import { z } from 'zod';
import { proxyField } from '../accounts/account-schemas.ts';
import { idField, nameField } from '../fields/text-fields.ts';

export const proxyCreateSchema = z.strictObject({
  name: nameField,
  /** `http://`, `https://` or `socks5://`, user and password allowed; those are write-only. */
  url: proxyField,
});

export const proxyPatchSchema = proxyCreateSchema.partial();

export const proxyOutputSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Without user and password. */
  url: z.string(),
  /** How many accounts go through it. */
  accounts: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const proxyRefSchema = z.union([z.strictObject({ id: idField }), z.strictObject({ name: nameField })]);

export type ProxyCreate = z.infer<typeof proxyCreateSchema>;
export type ProxyPatch = z.infer<typeof proxyPatchSchema>;
export type ProxyRef = z.infer<typeof proxyRefSchema>;
export type Proxy = z.infer<typeof proxyOutputSchema>;
export type ProxyRow = typeof schema.proxies.$inferSelect;
