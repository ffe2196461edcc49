import type { ModelRoute } from '@tollgate/core';
import { normaliseAmount, normaliseMultiplier, normaliseSpendLimit } from '../fields/number-fields.ts';
import type { GroupPatch } from './group-schemas.ts';

/** The settings as columns; undefined = not asked for. Ids are checked by then: see require-group-links.ts. */
export function buildGroupColumns({ modelRouting, imagePrices, ...columns }: GroupPatch) {
  return {
    ...columns,
    modelRouting: modelRouting as ModelRoute[] | undefined,
    imagePrice1k: imagePrices?.['1k'],
    imagePrice2k: imagePrices?.['2k'],
    imagePrice4k: imagePrices?.['4k'],
  };
}

/** One form for both sides of a comparison: the one in which rows are shown. */
export function normaliseGroupPatch<Patch extends GroupPatch>(patch: Patch): Patch {
  const { rateMultiplier, imagePrices } = patch;
  return {
    ...patch,
    rateMultiplier: rateMultiplier === undefined ? undefined : normaliseMultiplier(rateMultiplier),
    limitDay: normaliseSpendLimit(patch.limitDay),
    limitWeek: normaliseSpendLimit(patch.limitWeek),
    limitMonth: normaliseSpendLimit(patch.limitMonth),
    holdMax: normaliseAmount(patch.holdMax),
    imagePrices: imagePrices && {
      '1k': normaliseAmount(imagePrices['1k']),
      '2k': normaliseAmount(imagePrices['2k']),
      '4k': normaliseAmount(imagePrices['4k']),
    },
  };
}
