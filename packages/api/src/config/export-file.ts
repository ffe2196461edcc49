import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { exportConfig } from './export-config.ts';
import { renderExport } from './render-export.ts';

const inputSchema = z.strictObject({
  format: z.enum(['yaml', 'json']).default('yaml'),
  /** Fields that have their default too. */
  full: z.boolean().default(false),
});

/** CTL-4: the file that `applyFile` takes. No secret is in it. */
export const exportFile = adminProcedure
  .input(inputSchema.prefault({}))
  .output(z.strictObject({ config: z.string() }))
  .query(async ({ ctx, input: { format, full } }) => {
    const config = await exportConfig(ctx.services, { full });
    return { config: format === 'json' ? `${JSON.stringify(config, null, 2)}\n` : renderExport(config) };
  });
