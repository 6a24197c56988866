import type { TracedFetch } from './trace.ts';

export interface LoginAnswer {
  /** The name typed into the login page. */
  readonly name: string;
  /** Scopes whose boxes are unticked. */
  readonly withhold?: readonly string[];
  /** Where the client waits for its user to come back. */
  readonly redirectUri: string;
}

export interface Browser {
  /**
   * Opens an authorization URL, fills in the login page and returns the redirect back to the client
   * without opening it.
   *
   * @throws Error when a redirect leaves this machine, a page has no form, or 12 pages do not end.
   */
  logIn(url: URL, answer: LoginAnswer): Promise<URL>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

interface Page {
  readonly url: URL;
  readonly form?: URLSearchParams;
}

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const pageLimit = 12;

function readCookie(header: string): Cookie {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
  const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
  const at = pair.indexOf('=');
  return { name: pair.slice(0, at), value: pair.slice(at + 1), path };
}

const characters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function attribute(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value?.replace(/&[^;]+;/g, (entity) => characters[entity] ?? entity) ?? null;
}

/** What a browser would send for the page's form once the answer is typed and ticked in. */
function fillIn(html: string, answer: LoginAnswer): URLSearchParams {
  if (!html.includes('<form method="post"')) throw new Error('the page has no form to fill in');
  const form = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input\s[^>]*>/g)) {
    const name = attribute(tag, 'name');
    const value = attribute(tag, 'value') ?? '';
    const box = attribute(tag, 'type') === 'checkbox';
    if (name === null || (box && answer.withhold?.includes(value))) continue;
    form.append(name, box ? value : answer.name);
  }
  form.set('answer', 'allow');
  return form;
}

/** A browser without a window: keeps cookies, follows redirects on loopback, fills in one form. */
export function createBrowser(fetch: TracedFetch): Browser {
  const cookies = new Map<string, Cookie>();

  function remember(response: Response): void {
    for (const header of response.headers.getSetCookie()) {
      const cookie = readCookie(header);
      const key = `${cookie.name} ${cookie.path}`;
      if (cookie.value === '') cookies.delete(key);
      else cookies.set(key, cookie);
    }
  }

  async function open({ url, form }: Page): Promise<Response> {
    if (!loopbackHosts.has(url.hostname))
      throw new Error(`the login left this machine for ${url.host}`);
    const sendable = [...cookies.values()].filter(({ path }) => url.pathname.startsWith(path));
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: sendable.map(({ name, value }) => `${name}=${value}`).join('; '),
      },
      ...(form && { method: 'POST', body: form }),
    });
    remember(response);
    return response;
  }

  return {
    async logIn(start, answer) {
      let page: Page = { url: start };
      for (let pages = 0; pages < pageLimit; pages += 1) {
        const response = await open(page);
        const location = response.headers.get('location');
        if (location !== null) {
          const target = new URL(location, page.url);
          if (target.href.startsWith(answer.redirectUri)) return target;
          page = { url: target };
        } else {
          const html = await response.text();
          if (!response.ok) throw new Error(`the login page answered ${response.status}`);
          page = { url: page.url, form: fillIn(html, answer) };
        }
      }
      throw new Error('the login did not end');
    },
  };
}
