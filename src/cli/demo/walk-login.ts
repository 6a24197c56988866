import { redirectUri } from './client.ts';
import { challengeParameter, findExchange, sortedScopes } from './evidence.ts';
import { firstScopes } from './notes-policy.ts';
import type { Step } from './steps.ts';
import type { Exchange } from './trace.ts';
import { mcpPath, user, type Walk } from './walk-environment.ts';

const wellKnown = '/.well-known/';

/** From the first refusal to a token: discovery, registration, login, code for token. */
export function loginSteps(walk: Walk): Step[] {
  const { gatewayUrl, idp, sample, trace, client, browser, dpop } = walk;
  let seen: readonly Exchange[] = [];
  return [
    {
      title: 'A client without a token is turned away, and told where to ask',
      async run({ show, equal }) {
        const connected = await client.connect();
        seen = trace.take();
        const refused = findExchange(seen, mcpPath, 'initialize');
        show(refused);
        equal('it was not let in', [connected, refused.status], [false, 401]);
        equal(
          'the challenge names the scopes of a first login and no error: nothing is wrong yet',
          [
            challengeParameter(refused, 'error'),
            sortedScopes(challengeParameter(refused, 'scope')),
          ],
          [null, [...firstScopes].sort()],
        );
        equal('the MCP server behind the gateway saw nothing', sample.requests(), 0);
      },
    },
    {
      title: 'It asks the gateway which identity provider to trust (RFC 9728)',
      run({ show, equal }) {
        const document = findExchange(seen, `${wellKnown}oauth-protected-resource`);
        show(document);
        equal('the document speaks for this very URL', document.body.resource, gatewayUrl);
        equal('and names the one issuer', document.body.authorization_servers, [idp.issuer]);
        if (dpop) {
          const { dpop_bound_access_tokens_required: required } = document.body;
          equal('tokens have to be bound to a key (RFC 9449)', required, true);
        }
      },
    },
    {
      title: 'It asks that issuer how to log in (RFC 8414)',
      run({ show, equal }) {
        const document = findExchange(seen, `${wellKnown}oauth-authorization-server`);
        show(document);
        equal('the issuer is the one that was named', document.body.issuer, idp.issuer);
        equal('PKCE with S256', document.body.code_challenge_methods_supported, ['S256']);
      },
    },
    {
      title: 'It registers itself: nobody had to create a client by hand (RFC 7591)',
      run({ show, equal }) {
        const registration = findExchange(seen, '/reg');
        show(registration);
        equal('registered', registration.status, 201);
      },
    },
    {
      title: `${user} logs in and allows what the client asks for`,
      async run({ show, equal }) {
        const callback = await browser.logIn(client.loginUrl(), { name: user, redirectUri });
        show(...trace.take());
        equal('the browser comes back with a code', callback.searchParams.has('code'), true);
        await client.finishLogin(callback);
      },
    },
    {
      title: 'The client trades the code for a token made out to this one server',
      run({ show, equal }) {
        const trade = findExchange(trace.take(), '/token');
        show(trade);
        equal('granted', trade.status, 200);
        const type = dpop ? 'DPoP' : 'Bearer';
        equal(`of the type ${type}`, trade.body.token_type, type);
        equal('with the scopes asked for', sortedScopes(trade.body.scope), [...firstScopes].sort());
      },
    },
  ];
}
