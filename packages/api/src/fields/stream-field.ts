import { z } from 'zod';

/** An answer that comes item by item; each item is checked, as a whole answer would be. */
export function buildStreamSchema<Item extends z.ZodType>(item: Item) {
  return z
    .custom<AsyncIterable<z.input<Item>>>(isAsyncIterable, 'expected a stream')
    .transform((items): AsyncIterable<z.output<Item>> => parseItems(items, item))
    .meta({ item });
}

async function* parseItems<Item extends z.ZodType>(
  items: AsyncIterable<z.input<Item>>,
  item: Item,
): AsyncGenerator<z.output<Item>, void, void> {
  for await (const one of items) yield item.parse(one);
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
