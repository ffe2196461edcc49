import { router } from '../base/procedures.ts';
import { getPrice } from './get-price.ts';
import { importPrices } from './import-prices.ts';
import { listPriceVersions } from './list-price-versions.ts';
import { listPrices } from './list-prices.ts';
import { rerateRouter } from './rerate/rerate-router.ts';
import { setPrice } from './set-price.ts';

export const pricesRouter = router({
  list: listPrices,
  get: getPrice,
  set: setPrice,
  import: importPrices,
  versions: router({ list: listPriceVersions }),
  rerate: rerateRouter,
});
