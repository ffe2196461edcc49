import { listDecisions } from '@tollgate/db';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { dropAbsent } from '../change/drop-absent.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { emailField, idField } from '../fields/text-fields.ts';
import { requestSchema } from './request-schemas.ts';

/** `<instant>/<request id>` */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([a-z]{3}_[0-9a-z]+)$/;

const inputSchema = z.strictObject({
  ...pageFields,
  cursor: z.string().regex(CURSOR, 'not a cursor').nullish(),
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
    const [, at, requestId] = CURSOR.exec(cursor ?? '') ?? [];
    const after = at && requestId ? { at, requestId } : undefined;
    const query = { ...dropAbsent({ ...filter, userEmail: user, after }), limit: limit + 1 };
    const rows = await listDecisions(ctx.services.db, query);
    return buildPage(
      rows,
      limit,
      (row) => row,
      (row) => `${row.at}/${row.requestId}`,
    );
  });
