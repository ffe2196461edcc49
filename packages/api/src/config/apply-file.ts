import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { applyConfig } from './apply-config.ts';
import { planEntrySchema } from './plan.ts';

const inputSchema = z.strictObject({
  /** The file's text (YAML). */
  config: z.string().max(8_000_000),
  /** Shows the plan and changes nothing. */
  dryRun: z.boolean().default(false),
  /** Deletes what the file does not name, of the kinds whose list it has. */
  prune: z.boolean().default(false),
});

/** CTL-4. */
export const applyFile = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ applied: z.boolean(), plan: z.array(planEntrySchema) }))
  .mutation(async ({ ctx, input }) => {
    const { services, admin } = ctx;
    const { config, dryRun, prune } = input;
    const plan = await applyConfig({ services, actor: admin.id }, config, { dryRun, prune });
    return { applied: !dryRun, plan };
  });
