import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlotMap } from './slot-map.ts';

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('set' as const), key: keys }),
    fc.record({ do: fc.constant('delete' as const), key: keys }),
    fc.record({ do: fc.constant('clear' as const), key: keys }),
  ),
  { maxLength: 60 },
);

it('holds what a Map holds, after any history', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const model = new Map<string, object>();
      const map = new SlotMap<string, object>();
      for (const { do: what, key } of history) {
        const value = {};
        if (what === 'set') {
          map.set(key, value);
          model.set(key, value);
        } else if (what === 'delete') {
          const before = model.get(key);
          expect(map.delete(key)).toBe(before);
          model.delete(key);
        } else {
          map.clear();
          model.clear();
        }
        expect(map.size).toBe(model.size);
        for (const each of ['a', 'b', 'c', 'd', 'e']) {
          expect(map.get(each)).toBe(model.get(each));
          expect(map.has(each)).toBe(model.has(each));
        }
        expect(new Set(map.values())).toEqual(new Set(model.values()));
      }
    }),
  );
});

it('a value may be deleted while the values are walked', () => {
  const map = new SlotMap<string, { key: string }>();
  for (const key of ['a', 'b', 'c']) map.set(key, { key });
  const seen: string[] = [];
  for (const { key } of map.values()) {
    seen.push(key);
    map.delete('b');
  }
  expect(seen).toEqual(['a', 'c']);
});
