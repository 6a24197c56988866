import type { IncomingMessage } from 'node:http';
import type {
  InteractionResults,
  interactionPolicy,
  KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { loginPage, loginPagePolicy } from './login-page.ts';

export interface LoginOptions {
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Grants every request to this user at once, without a page. */
  readonly autoLogin?: string;
}

/** Who may do what, as the user decided it. */
interface Consent {
  readonly clientId: string;
  readonly accountId: string;
  readonly scopes: readonly string[];
}

const openIdScopes: readonly string[] = ['openid', 'offline_access'];
/** Characters; far more than a name and some scopes need. */
const formLimit = 8192;

async function saveGrant(
  provider: Provider,
  { clientId, accountId, scopes }: Consent,
  options: LoginOptions,
): Promise<{ readonly grant: InstanceType<Provider['Grant']>; readonly grantId: string }> {
  const grant = new provider.Grant({ clientId, accountId });
  const openId = scopes.filter((scope) => openIdScopes.includes(scope));
  if (openId.length > 0) grant.addOIDCScope(openId);
  const granted = scopes.filter((scope) => options.scopes.includes(scope));
  if (granted.length > 0) grant.addResourceScope(options.resource, granted);
  return { grant, grantId: await grant.save() };
}

/** Everything that oidc-provider's own login and consent would leave behind, with no redirect. */
async function grantAtOnce(
  { oidc }: KoaContextWithOIDC,
  user: string,
  options: LoginOptions,
): Promise<void> {
  const { session, client, provider } = oidc;
  if (!session || !client) return;
  const accountId = session.accountId ?? user;
  if (session.accountId === undefined) session.loginAccount({ accountId });
  oidc.entity('Account', { accountId, claims: () => ({ sub: accountId }) });
  const scopes = [...oidc.requestParamScopes];
  const { clientId } = client;
  const { grant, grantId } = await saveGrant(provider, { clientId, accountId, scopes }, options);
  session.ensureClientContainer(clientId);
  session.grantIdFor(clientId, grantId);
  oidc.entity('Grant', grant);
}

/**
 * When a user is asked: at every authorization request, for who they are and what they allow on one
 * page. Both of the standard prompts exist, since clients may send `prompt=consent`.
 */
export function loginPolicy(
  { Prompt, Check }: typeof interactionPolicy,
  options: LoginOptions,
): interactionPolicy.Prompt[] {
  const login = new Prompt({ name: 'login', requestable: true });
  const consent = new Prompt({ name: 'consent', requestable: true });
  login.checks.clear();
  consent.checks.clear();
  const ask = async (ctx: KoaContextWithOIDC): Promise<boolean> => {
    if (options.autoLogin !== undefined) {
      await grantAtOnce(ctx, options.autoLogin, options);
      return Check.NO_NEED_TO_PROMPT;
    }
    return ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  };
  login.checks.add(new Check('ask', 'the user has to log in', 'login_required', ask));
  return [login, consent];
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > formLimit) return new URLSearchParams();
  }
  return new URLSearchParams(body);
}

type Context = Parameters<Parameters<Provider['use']>[0]>[0];

async function login(ctx: Context, provider: Provider, options: LoginOptions): Promise<void> {
  const { params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  const clientId = String(params.client_id);
  const requested = String(params.scope ?? '').split(' ');
  const form = ctx.method === 'POST' ? await readForm(ctx.req) : null;
  const finish = (result: InteractionResults) => {
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, result, {
      mergeWithLastSubmission: false,
    });
  };

  if (form?.get('answer') === 'deny') return finish({ error: 'access_denied' });
  const user = session?.accountId ?? null;
  const accountId = user ?? form?.get('name')?.trim() ?? '';
  if (form && accountId !== '' && accountId.length <= 64) {
    const allowed = [...form.getAll('scope'), ...openIdScopes];
    const scopes = requested.filter((scope) => allowed.includes(scope));
    const { grantId } = await saveGrant(provider, { clientId, accountId, scopes }, options);
    return finish({ login: { accountId }, consent: { grantId } });
  }

  const client = await provider.Client.find(clientId);
  ctx.status = form ? 400 : 200;
  ctx.type = 'html';
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': loginPagePolicy(String(params.redirect_uri)),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  ctx.body = loginPage({
    clientName: client?.clientName ?? 'An MCP client',
    resource: options.resource,
    scopes: requested.filter((scope) => options.scopes.includes(scope)),
    user,
    problem: form && 'Please type a name of up to 64 characters.',
  });
}

/**
 * Serves the login page at `/login/…` and gives an authorization request without any scope all of
 * them: oidc-provider refuses to grant nothing.
 */
export function serveLogin(provider: Provider, options: LoginOptions): void {
  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/login/')) return login(ctx, provider, options);
    if (ctx.path === '/auth' && ctx.method === 'GET' && !ctx.query.scope)
      ctx.query = { ...ctx.query, scope: options.scopes.join(' ') };
    return next();
  });
}
