import { router } from '../../base/procedures.ts';
import { createRule } from './create-rule.ts';
import { deleteRule } from './delete-rule.ts';
import { getRule } from './get-rule.ts';
import { listMetrics } from './list-metrics.ts';
import { listRules } from './list-rules.ts';
import { moveRule } from './move-rule.ts';
import { updateRule } from './update-rule.ts';

export const alertRulesRouter = router({
  list: listRules,
  get: getRule,
  create: createRule,
  update: updateRule,
  delete: deleteRule,
  move: moveRule,
  listMetrics,
});
