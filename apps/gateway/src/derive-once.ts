/**
 * What follows from a list, worked out once for a list that is frozen: the hot path asks with the same few lists
 * again and again. Other lists may change, or are thrown away at once: theirs is worked out each time.
 */
export function deriveOnce<List extends readonly unknown[], Result>(
  derive: (list: List) => Result,
): (list: List) => Result {
  const known = new WeakMap<List, Result>();
  return (list) => {
    let result = known.get(list);
    if (result === undefined) {
      result = derive(list);
      if (Object.isFrozen(list)) known.set(list, result);
    }
    return result;
  };
}
