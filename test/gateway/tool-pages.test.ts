import { expect, it, vi } from 'vitest';
import { readToolPages, type ToolsPage } from '../../src/gateway/tool-pages.ts';

it('a list of tools is read page by page', async () => {
  const pages: Record<string, ToolsPage<number>> = {
    null: { tools: [['a', 1]], nextCursor: 'two' },
    two: { tools: [['b', 2]], nextCursor: null },
  };
  const tools = await readToolPages(async (cursor) => pages[`${cursor}`] as ToolsPage<number>);
  expect(Object.fromEntries(tools)).toEqual({ a: 1, b: 2 });
});

it('a list of tools without an end is given up after 50 pages', async () => {
  const readOne = vi.fn(async () => ({ tools: [], nextCursor: 'more' }));
  await expect(readToolPages(readOne)).rejects.toMatchObject({
    code: 'upstream_unavailable',
    detail: { method: 'tools/list', reason: 'there are too many pages' },
  });
  expect(readOne).toHaveBeenCalledTimes(50);
});
