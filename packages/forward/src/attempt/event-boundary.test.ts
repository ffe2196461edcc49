import { describe, expect, it } from 'vitest';
import { EventBoundary } from './event-boundary.ts';

const isMidEvent = (chunks: string[]): boolean => {
  const boundary = new EventBoundary();
  for (const chunk of chunks) boundary.push(Buffer.from(chunk));
  return boundary.isMidEvent;
};

describe('EventBoundary', () => {
  it.each([
    ['', false],
    ['data: 1\n\n', false],
    ['data: 1\r\n\r\n', false],
    ['data: 1\r\r', false],
    ['data: 1\n\n\n', false],
    ['data: 1\n', true],
    ['data: 1\r\n', true],
    ['data: 1', true],
    ['data: 1\n\ndata: 2', true],
    ['\n', false],
  ])('%j, whole or byte by byte', (text, expected) => {
    expect(isMidEvent([text])).toBe(expected);
    expect(isMidEvent([...text])).toBe(expected);
  });
});
