/** A person at a browser, with a password for Keycloak and a memory for its cookies. */
export interface Browser {
  /**
   * Opens an authorization request and fills in what is asked, until it leads back to the client.
   *
   * @throws Error with what the page says, where it leads to no client.
   */
  open(authorizationUrl: URL): Promise<URL>;
  /** How often the password was typed. */
  readonly passwordsTyped: number;
}

const mostPages = 8;

function unescapeHtml(text: string): string {
  return text.replaceAll('&amp;', '&');
}

/** @param username also the password, as in the realm file. */
export function createBrowser(username: string): Browser {
  const cookies = new Map<string, string>();
  let passwordsTyped = 0;

  function keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      // `Secure` counts for nothing on loopback, as in browsers.
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  /** The request that submits the form of a page. */
  function submission(html: string): { readonly action: string; readonly init: RequestInit } {
    const action = unescapeHtml(/<form[^>]*\baction="([^"]+)"/.exec(html)?.[1] ?? '');
    if (!action.includes('login-actions/authenticate') || html.includes('Invalid username')) {
      const said = /class="instruction"[^>]*>([^<]*)/.exec(html)?.[1];
      throw new Error(`Keycloak shows no login page: ${said ?? html.slice(0, 200)}`);
    }
    passwordsTyped += 1;
    const body = new URLSearchParams({ username, password: username, credentialId: '' });
    return { action, init: { method: 'POST', body } };
  }

  return {
    get passwordsTyped() {
      return passwordsTyped;
    },
    async open(authorizationUrl) {
      let url = authorizationUrl;
      let init: RequestInit = {};
      for (let pages = 0; pages < mostPages; pages += 1) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } });
        keepCookies(response);
        const location = response.headers.get('location');
        if (location !== null) {
          url = new URL(location, url);
          init = {};
          if (url.searchParams.has('code') || url.searchParams.has('error')) return url;
        } else {
          const form = submission(await response.text());
          url = new URL(form.action, url);
          init = form.init;
        }
      }
      throw new Error(`the login did not end within ${mostPages} pages`);
    },
  };
}
