import { expect, it } from 'vitest';
import { SlotMeter } from './slot-meter.ts';

it('[LIM-4] counts the most that ran at once, one over the slots as well', () => {
  const meter = new SlotMeter(2);
  for (const nowMs of [0, 1, 2]) meter.start(nowMs);
  meter.end(3);
  meter.start(4);
  expect([meter.inFlightMax, meter.started]).toEqual([3, 4]);
});

it('[LIM-5] pairs each freed slot of a full holder with the next arrival, in order', () => {
  const meter = new SlotMeter(2);
  meter.start(0);
  meter.start(0);
  meter.end(10);
  meter.end(11);
  meter.start(15);
  meter.start(20);
  expect(meter.gapsMs).toEqual([5, 9]);
});

it('measures nothing while slots are free: nobody has to wait for an end', () => {
  const meter = new SlotMeter(3);
  meter.start(0);
  meter.start(0);
  meter.end(10);
  meter.start(500);
  expect(meter.gapsMs).toEqual([]);
});
