import { listDecisions } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildMomentCursor, momentCursorField, splitMomentCursor } from '../fields/moment-cursor.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { emailField, idField } from '../fields/text-fields.ts';
import { requestSchema } from './request-schemas.ts';

const inputSchema = z.strictObject({
  ...pageFields,
  cursor: momentCursorField,
  /** E-mail of the payer. */
  user: emailField.optional(),
  keyId: idField.optional(),
  /** As the client asked for it. */
  model: z.string().min(1).max(256).optional(),
  /** e.g. `no_account` */
  errorCode: z.string().min(1).max(64).optional(),
  /** Only those that were not answered with 2xx. */
  failedOnly: z.boolean().optional(),
});

/** OPS-9: calls to models of known keys, newest first. */
export const listRequests = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(requestSchema))
  .query(async ({ ctx, input: { user, cursor, limit, ...filter } }) => {
    const begun = splitMomentCursor(cursor);
    const after = begun && { at: begun.at, requestId: begun.id };
    const query = { ...dropAbsent({ ...filter, userEmail: user, after }), limit: limit + 1 };
    const rows = await listDecisions(ctx.services.db, query);
    return buildPage(
      rows,
      limit,
      (row) => row,
      (row) => buildMomentCursor(row.at, row.requestId),
    );
  });
