import { schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { keyUsageSchema, loadKeyUsage } from './key-usage.ts';
import { loadKey } from './load-keys.ts';

const WINDOWS = ['total', '5h', '1d', '7d'] as const;

const inputSchema = z.strictObject({
  id: idField,
  /** Absent = all. */
  windows: z
    .array(z.enum(WINDOWS))
    .min(1)
    .max(WINDOWS.length)
    .default([...WINDOWS]),
});

const RESET = {
  total: { spentTotal: '0' },
  '5h': { spent5h: '0', started5h: null },
  '1d': { spent1d: '0', started1d: null },
  '7d': { spent7d: '0', started7d: null },
} as const satisfies Record<(typeof WINDOWS)[number], object>;

/** LIM-9: what was spent no longer counts; a window begins with its next use. A key that was refused is served at once. */
export const resetKeyUsage = adminProcedure
  .input(inputSchema)
  .output(keyUsageSchema)
  .mutation(({ ctx, input: { id, windows } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { key } = await loadKey(change.tx, id);
      const before = await loadKeyUsage(change.tx, id, change.now.getTime());
      const columns = Object.assign({}, ...windows.map((window) => RESET[window])) as Partial<
        typeof schema.keys.$inferInsert
      >;
      await change.tx.update(schema.keys).set(columns).where(eq(schema.keys.id, id));
      const spent = Object.fromEntries(windows.map((window) => [window, before[window].spent]));
      change.audit('key.reset-usage', id, { spent });
      // The figures that admission looks at are those of the user's purses.
      change.invalidate({ scope: 'balance', userId: key.userId });
      return loadKeyUsage(change.tx, id, change.now.getTime());
    }),
  );
