import { expect, it } from 'vitest';
import { buildDroppedHeader } from './dropped-header.ts';

it.each<[string[], string | undefined]>([
  [[], undefined],
  [['seed'], 'seed'],
  [['seed', 'logit_bias', 'seed'], 'seed,logit_bias'],
  [['tools[0].strict', 'a,b\r\nx-evil: 1', 'ü'], 'tools[0].strict,a_b_x-evil:_1,_'],
])('[API-3] %j', (dropped, value) => {
  expect(buildDroppedHeader(dropped)['x-tollgate-dropped']).toBe(value);
});

it('[API-3] whatever is dropped, the header stays short and names no half field', () => {
  const dropped = Array.from({ length: 5_000 }, (_, index) => `messages[${index}].cache_control`);
  const value = buildDroppedHeader(dropped)['x-tollgate-dropped'] ?? '';
  expect([value.length <= 512, value.length > 400]).toEqual([true, true]);
  expect(value.split(',').every((name) => dropped.includes(name))).toBe(true);
});
