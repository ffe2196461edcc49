/** The id behind a name that the checks before the plan have found to exist. */
export function getReference(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`the plan refers to ${name}, which is not there`);
  return id;
}
