import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { ProblemError } from '../problems/problem.ts';
import { exportConfig, type ExportedConfig } from './export-config.ts';
import { ENTRIES_MAX } from './parse-config.ts';
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
    requireSize(config);
    return { config: format === 'json' ? `${JSON.stringify(config, null, 2)}\n` : renderExport(config) };
  });

/** A file that nobody could apply again would be found out when it is needed. */
function requireSize(config: ExportedConfig): void {
  const problems = Object.entries(config)
    .map(([path, entries]) => ({ path, count: Array.isArray(entries) ? entries.length : 0 }))
    .filter(({ count }) => count > ENTRIES_MAX)
    .map(({ path, count }) => ({
      path,
      message: `${count} entries are more than a file may have (${ENTRIES_MAX})`,
    }));
  if (problems.length > 0) throw new ProblemError('conflict', problems);
}
