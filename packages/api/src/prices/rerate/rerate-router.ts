import { router } from '../../base/procedures.ts';
import { bookReratePlan } from './book-plan.ts';
import { getReratePlan } from './get-rerate-plan.ts';
import { planRerate } from './plan-rerate.ts';

export const rerateRouter = router({ plan: planRerate, get: getReratePlan, book: bookReratePlan });
