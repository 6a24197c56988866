import { describe, expect, it } from 'vitest';
import { createPrinter } from '../../../src/cli/demo/print.ts';
import { type Step, takeSteps } from '../../../src/cli/demo/steps.ts';

async function take(...steps: readonly Step[]): Promise<{ held: boolean; output: string }> {
  let output = '';
  const printer = createPrinter({ write: (text) => (output += text) }, {});
  return { held: await takeSteps(steps, printer), output };
}

const good: Step = { title: 'good', run: ({ equal }) => equal('as it should', [1], [1]) };

describe('takeSteps', () => {
  it('holds when every check of every step holds', async () => {
    const { held, output } = await take(good, good);
    expect(held).toBe(true);
    expect(output).toContain('  1  good');
    expect(output).toContain('  2  good');
    expect(output).toContain('✓ as it should');
  });

  it('says what was expected and what came, and takes no further step', async () => {
    const bad: Step = { title: 'bad', run: ({ equal }) => equal('refused', [200], [403]) };
    const { held, output } = await take(bad, good);
    expect(held).toBe(false);
    expect(output).toContain('✗ refused');
    expect(output).toContain('expected [403]');
    expect(output).toContain('got      [200]');
    expect(output).not.toContain('good');
  });

  it('reports a step that breaks off', async () => {
    const broken: Step = { title: 'broken', run: () => Promise.reject(new Error('no network')) };
    const { held, output } = await take(broken, good);
    expect(held).toBe(false);
    expect(output).toContain('✗ the step broke off');
    expect(output).toContain('no network');
    expect(output).not.toContain('good');
  });
});
