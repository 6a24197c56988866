import { describe, expect, it } from 'vitest';
import { loginPage, loginPagePolicy } from '../../../src/cli/demo/login-page.ts';

const view = {
  clientName: 'Inspector',
  resource: 'http://localhost:3000/mcp',
  scopes: ['notes:read', 'notes:write'],
  user: null,
  problem: null,
};

const hostile = `"><script>alert('x')</script>&`;
const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;';

describe('loginPage', () => {
  it.each([
    ['client name', { ...view, clientName: hostile }],
    ['resource', { ...view, resource: hostile }],
    ['scope', { ...view, scopes: [hostile] }],
    ['user', { ...view, user: hostile }],
    ['problem', { ...view, problem: hostile }],
  ])('escapes the %s', (_name, hostileView) => {
    const html = loginPage(hostileView);
    expect(html).not.toContain('<script');
    expect(html).toContain(escaped);
  });

  it('shows every scope asked for with a ticked box', () => {
    const boxes = loginPage(view).match(/<input type="checkbox"[^>]* checked>/g) ?? [];
    expect(boxes).toHaveLength(2);
    expect(boxes.join()).toContain('value="notes:write"');
  });

  it('asks a user who is logged in for no other name', () => {
    expect(loginPage({ ...view, user: 'Ada' })).toContain('value="Ada" readonly');
    expect(loginPage(view)).not.toContain('readonly');
  });

  it('loads nothing and runs nothing', () => {
    expect(loginPage(view)).not.toMatch(/<script|<link|<img|src=|url\(|@import/);
  });
});

describe('loginPagePolicy', () => {
  it.each([
    ['http://127.0.0.1:6276/oauth/callback', 'http://127.0.0.1:6276'],
    ['https://vscode.dev/redirect', 'https://vscode.dev'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor:'],
  ])('lets the form lead to %s and blocks everything else', (redirectUri, source) => {
    const policy = loginPagePolicy(redirectUri);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`form-action 'self' ${source};`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('script-src');
  });
});
