import { describe, expect, it } from 'vitest';
import { isModern, revisions } from '../../src/mcp/revision.ts';

describe('isModern', () => {
  it.each([
    [null, false],
    ['2024-11-05', false],
    ['2025-11-25', false],
    ['2026-07-28', true],
    ['2027-01-01', true],
  ])('takes revision %j for %s', (revision, modern) => {
    expect(isModern(revision)).toBe(modern);
  });
});

describe('revisions', () => {
  it('come newest first, as a client that is refused shall try them', () => {
    expect(revisions).toEqual([...revisions].sort().reverse());
    expect(revisions.filter(isModern)).toEqual(['2026-07-28']);
  });
});
