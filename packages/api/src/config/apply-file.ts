import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { applyConfig, previewConfig } from './apply-config.ts';
import { planEntrySchema } from './plan.ts';

const inputSchema = z.strictObject({
  /** The file's text (YAML). */
  config: z.string().max(8_000_000),
  /** Shows the plan and changes nothing. */
  dryRun: z.boolean().default(false),
});

/** CTL-4. */
export const applyFile = adminProcedure
  .input(inputSchema)
  .output(z.strictObject({ applied: z.boolean(), plan: z.array(planEntrySchema) }))
  .mutation(async ({ ctx, input }) => {
    const { services, admin } = ctx;
    const plan = input.dryRun
      ? await previewConfig(services, input.config)
      : await applyConfig({ services, actor: admin.id }, input.config);
    return { applied: !input.dryRun, plan };
  });
