import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { userProcedure } from '../../base/procedures.ts';
import { runChange } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { keyPatchSchema } from '../../keys/key-schemas.ts';
import { updateKey } from '../../keys/write-key.ts';
import { loadOwnKey, mapOwnKey, ownKeySchema, type OwnKey } from './own-key.ts';
import { requireUsableGroups } from './usable-groups.ts';

const inputSchema = keyPatchSchema.safeExtend({
  id: idField,
  /** Only an admin makes a key active again: it may be one that an admin has stopped. */
  status: z.literal('disabled').optional(),
});

type OwnKeyPatch = Omit<z.infer<typeof inputSchema>, 'id'>;

/** Only the given fields change. */
export const updateOwnKey = userProcedure
  .input(inputSchema)
  .output(ownKeySchema)
  .mutation(({ ctx: { services, person }, input: { id, ...patch } }) =>
    runChange({ services, actor: person.id }, async (change) => {
      const own = await loadOwnKey(change.tx, person.id, id);
      requireRight(own, patch);
      const present = new Set(own.stored.key.groups.map((group) => group.id));
      const added = (patch.groupIds ?? []).filter((groupId) => !present.has(groupId));
      if (added.length > 0) await requireUsableGroups(change.tx, person.id, added);
      const stored = await updateKey(change, own.stored, patch);
      return mapOwnKey(stored.key, own.isOwn);
    }),
  );

/** The limits of an admin's key are the admin's. */
function requireRight({ isOwn }: OwnKey, patch: OwnKeyPatch): void {
  const { status: _status, ...others } = patch;
  if (isOwn || Object.values(others).every((value) => value === undefined)) return;
  throw new TRPCError({
    code: 'FORBIDDEN',
    message: 'An admin made this key: it can be disabled, not changed.',
  });
}
