/** By code units, so that the order is the same everywhere. Ids made in one millisecond have none that means anything. */
export function sortByName<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  return items.toSorted((left, right) => {
    const [a, b] = [nameOf(left), nameOf(right)];
    if (a === b) return 0;
    return a < b ? -1 : 1;
  });
}
