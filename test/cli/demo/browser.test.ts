import { describe, expect, it } from 'vitest';
import { createBrowser } from '../../../src/cli/demo/browser.ts';
import { loginPage } from '../../../src/cli/demo/login-page.ts';
import type { TracedFetch } from '../../../src/cli/demo/trace.ts';

const start = new URL('http://localhost:9/auth');
const answer = { name: 'Ada', redirectUri: 'http://127.0.0.1:33418/callback' };
const page = loginPage({
  clientName: 'Test',
  resource: 'http://localhost:1/mcp',
  scopes: ['notes:read', 'a"b&<c>'],
  user: null,
  problem: null,
});

interface Sent {
  readonly path: string;
  readonly cookie: string | null;
  readonly form: string | null;
}

/** A site whose answers are given by path; everything sent to it is kept. */
function site(answers: Readonly<Record<string, () => Response>>) {
  const sent: Sent[] = [];
  const fetch: TracedFetch = async (target, init) => {
    const { pathname } = new URL(target);
    const cookie = new Headers(init?.headers).get('cookie');
    sent.push({
      path: `${init?.method ?? 'GET'} ${pathname}`,
      cookie,
      form: init?.body ? String(init.body) : null,
    });
    const reply = answers[`${init?.method ?? 'GET'} ${pathname}`];
    return reply ? reply() : new Response('nothing here', { status: 404 });
  };
  return { sent, fetch };
}

function redirect(location: string, ...cookies: readonly string[]): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

describe('createBrowser', () => {
  it('fills in the login page and hands back the redirect to the client unopened', async () => {
    const { sent, fetch } = site({
      'GET /auth': () => redirect('/login/1', 'a=1; path=/login/1', 'b=2; path=/auth/1; httponly'),
      'GET /login/1': () => new Response(page),
      'POST /login/1': () => redirect('http://localhost:9/auth/1'),
      'GET /auth/1': () => redirect(`${answer.redirectUri}?code=c`, 'b=; path=/auth/1'),
    });
    const callback = await createBrowser(fetch).logIn(start, answer);
    expect(callback.href).toBe(`${answer.redirectUri}?code=c`);
    expect(sent.map(({ path, cookie }) => [path, cookie])).toEqual([
      ['GET /auth', ''],
      ['GET /login/1', 'a=1'],
      ['POST /login/1', 'a=1'],
      ['GET /auth/1', 'b=2'],
    ]);
    const form = new URLSearchParams(sent[2]?.form ?? '');
    expect(form.get('name')).toBe('Ada');
    expect(form.getAll('scope')).toEqual(['notes:read', 'a"b&<c>']);
  });

  it('leaves out the scopes that are withheld', async () => {
    const { sent, fetch } = site({
      'GET /auth': () => new Response(page),
      'POST /auth': () => redirect(answer.redirectUri),
    });
    await createBrowser(fetch).logIn(start, { ...answer, withhold: ['notes:read'] });
    expect(new URLSearchParams(sent[1]?.form ?? '').getAll('scope')).toEqual(['a"b&<c>']);
  });

  it('forgets a cookie that the site takes back', async () => {
    const { sent, fetch } = site({
      'GET /auth': () => redirect('/two', 's=1; path=/'),
      'GET /two': () => redirect('/three', 's=; path=/'),
      'GET /three': () => redirect(answer.redirectUri),
    });
    await createBrowser(fetch).logIn(start, answer);
    expect(sent.map(({ cookie }) => cookie)).toEqual(['', 's=1', '']);
  });

  it.each([
    ['a redirect off this machine', () => redirect('https://evil.example/'), /left this machine/],
    ['an error page', () => new Response('no', { status: 400 }), /answered 400/],
    ['a page without a form', () => new Response('<p>hello</p>'), /no form/],
    ['redirects without end', () => redirect('/auth'), /did not end/],
  ])('gives up at %s', async (_case, reply, message) => {
    const { fetch } = site({ 'GET /auth': reply });
    await expect(createBrowser(fetch).logIn(start, answer)).rejects.toThrow(message);
  });
});
