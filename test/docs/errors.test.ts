import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reserved } from '../../scripts/references.ts';
import { type ErrorCode, errorTable } from '../../src/core/error-table.ts';

const src = new URL('../../src/', import.meta.url);
const source = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('core/error-table.ts'))
  .map((name) => readFileSync(new URL(name, src), 'utf8'))
  .join('\n');

describe('the error table', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])('%s is used, or marked as reserved', (code) => {
    const throwers = new RegExp(
      `(?:new DoormanError\\(|refuse\\(|code: |: )'${code}'|\\? '${code}'|'${code}' :`,
    );
    expect(throwers.test(source)).toBe(!reserved.includes(code));
  });
});
