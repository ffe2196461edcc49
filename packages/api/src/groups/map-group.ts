import type { schema } from '@tollgate/db';
import { normaliseAmount, normaliseMultiplier } from '../fields/number-fields.ts';
import { selectShown } from '../fields/select-shown.ts';
import { groupOutputSchema, type Group } from './group-schemas.ts';

export type GroupRow = typeof schema.groups.$inferSelect;

/** A row as the API shows it: decimals in shortest form, instants in UTC. */
export function mapGroup(row: GroupRow): Group {
  return groupOutputSchema.parse({
    ...selectShown(row, groupOutputSchema),
    rateMultiplier: normaliseMultiplier(row.rateMultiplier),
    limitDay: normaliseAmount(row.limitDay),
    limitWeek: normaliseAmount(row.limitWeek),
    limitMonth: normaliseAmount(row.limitMonth),
    holdMax: normaliseAmount(row.holdMax),
    imagePrices: {
      '1k': normaliseAmount(row.imagePrice1k),
      '2k': normaliseAmount(row.imagePrice2k),
      '4k': normaliseAmount(row.imagePrice4k),
    },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
