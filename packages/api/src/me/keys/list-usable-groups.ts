import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { groupOutputSchema } from '../../groups/group-schemas.ts';
import { mapGroup } from '../../groups/map-group.ts';
import { listUsableGroups as loadUsableGroups } from './usable-groups.ts';

const usableGroupSchema = groupOutputSchema.pick({
  id: true,
  name: true,
  platform: true,
  type: true,
  rateMultiplier: true,
});

/** Where one may make keys, by name. */
export const listUsableGroups = userProcedure
  .output(z.array(usableGroupSchema))
  .query(async ({ ctx: { services, person } }) => {
    const rows = await loadUsableGroups(services.db, person.id);
    return rows.map((row) => {
      const { id, name, platform, type, rateMultiplier } = mapGroup(row);
      return { id, name, platform, type, rateMultiplier };
    });
  });
