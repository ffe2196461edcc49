import { userProcedure } from '../base/procedures.ts';
import { loadLedgerPage, ledgerInputSchema, movementSchema } from '../balances/list-ledger.ts';
import { buildPageSchema } from '../fields/page-fields.ts';

/** Without the notes, which admins write for each other. */
const ownMovementSchema = movementSchema.omit({ userId: true, note: true });

/** One's own movements, newest first. */
export const listOwnLedger = userProcedure
  .input(ledgerInputSchema.omit({ userId: true }).prefault({}))
  .output(buildPageSchema(ownMovementSchema))
  .query(async ({ ctx, input }) => {
    const { items, nextCursor } = await loadLedgerPage(ctx.services.db, { ...input, userId: ctx.person.id });
    return { items: items.map(({ userId: _user, note: _note, ...shown }) => shown), nextCursor };
  });
