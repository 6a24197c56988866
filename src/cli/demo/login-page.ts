/** What the login page shows. All of it is text from outside. */
export interface LoginView {
  /** What the client calls itself. */
  readonly clientName: string;
  readonly resource: string;
  /** Scopes asked for, in the client's order. */
  readonly scopes: readonly string[];
  /** Who is logged in already; such a user only answers for the scopes. */
  readonly user: string | null;
  /** Why the last answer was not accepted. */
  readonly problem: string | null;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

const style = `
:root { color-scheme: light dark; --ink: #1d2433; --dim: #5c667a; --card: #fff; --page: #eef1f6;
  --line: #d6dce6; --accent: #2a5bd7; --alarm: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --dim: #9aa5ba; --card: #1b2230;
  --page: #10151f; --line: #333d50; --accent: #7da2ff; --alarm: #ff8a80 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { width: min(26rem, 100%); padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px }
h1 { margin: 0 0 .5rem; font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere }
p { margin: 0 0 1.25rem; color: var(--dim); overflow-wrap: anywhere }
.problem { color: var(--alarm) }
label, legend { font-weight: 600 }
input[name=name] { width: 100%; margin: .35rem 0 1.25rem; padding: .6rem .75rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0 }
fieldset label { display: flex; gap: .6rem; align-items: center; padding: .3rem 0; font-weight: 400 }
code { font: .95em ui-monospace, monospace; overflow-wrap: anywhere }
.answer { display: flex; gap: .75rem }
button { flex: 1; padding: .65rem; font: inherit; font-weight: 600; border-radius: 8px;
  border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer }
button.yes { background: var(--accent); border-color: var(--accent); color: var(--card) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
small { display: block; margin-top: 1.25rem; color: var(--dim) }
`;

function scopeBox(scope: string): string {
  const text = escapeHtml(scope);
  return `<label><input type="checkbox" name="scope" value="${text}" checked><code>${text}</code></label>`;
}

/**
 * The demo's login page: type any name, see which scopes the client asks for, withhold some, allow
 * or deny. Plain HTML that works without scripts; posts to its own address the fields `name`,
 * `scope` (repeated) and `answer` (`allow` or `deny`).
 */
export function loginPage(view: LoginView): string {
  const client = escapeHtml(view.clientName);
  const problem = view.problem && `<p class="problem" role="alert">${escapeHtml(view.problem)}</p>`;
  const user = view.user === null ? '' : ` value="${escapeHtml(view.user)}" readonly`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in to the demo</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${client} wants to use your notes</h1>
<p>at <code>${escapeHtml(view.resource)}</code></p>
${problem ?? ''}
<form method="post" autocomplete="off">
<label for="name">Your name</label>
<input id="name" name="name" maxlength="64" required placeholder="any name will do"${user}>
<fieldset>
<legend>It asks for</legend>
${view.scopes.map(scopeBox).join('\n')}
</fieldset>
<div class="answer">
<button name="answer" value="allow" class="yes">Allow</button>
<button name="answer" value="deny" formnovalidate>Deny</button>
</div>
</form>
<small>A demo identity provider on your own machine: no passwords, and nothing is kept.</small>
</main>
</body>
</html>
`;
}

/**
 * Content security policy of the page: its own style and form, nothing else. Browsers apply
 * `form-action` to the redirects that follow the form too, so the client's redirect URI is named.
 *
 * @param redirectUri redirect URI of a registered client.
 */
export function loginPagePolicy(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri);
  const client = protocol === 'http:' || protocol === 'https:' ? origin : protocol;
  return `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${client}; base-uri 'none'; frame-ancestors 'none'`;
}
