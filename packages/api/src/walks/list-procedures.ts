import type { z } from 'zod';
import { appRouter } from '../router.ts';

/** One procedure of the whole router, as a walk sees it: a new one is walked by itself. */
export interface WalkedProcedure {
  /** `prices.versions.list` */
  path: string;
  type: 'query' | 'mutation' | 'subscription';
  /** null = it takes nothing. */
  input: z.ZodType | null;
  /** null = it has none, which is a fault. */
  output: z.ZodType | null;
}

interface Definition {
  type: WalkedProcedure['type'];
  inputs: readonly z.ZodType[];
  output?: z.ZodType;
}

/** Queries first: what mutations leave behind is nobody's input then. */
export function listProcedures(): WalkedProcedure[] {
  const { _def: router } = appRouter;
  const all = router.procedures as unknown as Record<string, { _def: Definition }>;
  const procedures = Object.entries(all).map(([path, { _def: definition }]) => ({
    path,
    type: definition.type,
    input: definition.inputs.at(-1) ?? null,
    output: definition.output ?? null,
  }));
  return procedures.toSorted((left, right) => rank(left) - rank(right));
}

function rank({ path, type }: WalkedProcedure): number {
  if (type === 'query') return 0;
  return path.endsWith('.delete') ? 2 : 1;
}
