import { redirectUri } from './client.ts';
import { challengeParameter, findExchange, resultText, sortedScopes } from './evidence.ts';
import { forgeTokens } from './forgery.ts';
import { notesScopes } from './notes-policy.ts';
import type { Step } from './steps.ts';
import { recordExchanges } from './trace.ts';
import { mcpPath, user, type Walk } from './walk-environment.ts';

function forgeries({ gatewayUrl, idp, sample, fetch, client }: Walk): Step {
  return {
    title: 'Could one forge a token that says more? No',
    async run({ show, equal }) {
      const before = sample.requests();
      const params = { name: 'notes_purge', arguments: {} };
      const forged = await forgeTokens(client.accessToken(), idp.signingKey, 'notes:admin');
      for (const { title, token } of forged) {
        const probe = recordExchanges(fetch);
        await probe.fetch(gatewayUrl, {
          method: 'POST',
          headers: {
            accept: 'application/json, text/event-stream',
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
        });
        const refused = findExchange(probe.take(), mcpPath, 'tools/call');
        if (token === forged[0]?.token) show(refused);
        const answer = [refused.status, challengeParameter(refused, 'error')];
        equal(`401 invalid_token: ${title}`, answer, [401, 'invalid_token']);
      }
      equal('the MCP server saw none of them', sample.requests() - before, 0);
    },
  };
}

/** A stronger tool: refused, not to be had by forgery, allowed after a second login. */
export function stepUpSteps(walk: Walk): Step[] {
  const { sample, trace, client, browser } = walk;
  const purge = () => client.attempt((mcp) => mcp.callTool({ name: 'notes_purge', arguments: {} }));
  return [
    {
      title: `Deleting every note needs more than ${user} allowed`,
      async run({ show, equal }) {
        const before = sample.requests();
        const result = await purge();
        const refused = findExchange(trace.take(), mcpPath, 'tools/call notes_purge');
        show(refused);
        equal('refused', [result, refused.status], [null, 403]);
        equal(
          'the challenge says why, and names what is held together with what is missing',
          [
            challengeParameter(refused, 'error'),
            sortedScopes(challengeParameter(refused, 'scope')),
          ],
          ['insufficient_scope', [...notesScopes].sort()],
        );
        equal('the MCP server saw nothing of it', sample.requests() - before, 0);
      },
    },
    forgeries(walk),
    {
      title: `So the client asks for more, and ${user} allows it (step-up)`,
      async run({ show, equal }) {
        const callback = await browser.logIn(client.loginUrl(), { name: user, redirectUri });
        await client.finishLogin(callback);
        const seen = trace.take();
        const trade = findExchange(seen, '/token');
        show(findExchange(seen, '/auth'), trade);
        equal('all scopes now', sortedScopes(trade.body.scope), [...notesScopes].sort());
      },
    },
    {
      title: 'The same call goes through',
      async run({ show, equal, remark }) {
        const result = await purge();
        show(findExchange(trace.take(), mcpPath, 'tools/call notes_purge'));
        remark(result ? resultText(result) : 'no answer');
        equal('done', result?.isError ?? false, false);
        equal('no second refusal', result === null, false);
      },
    },
  ];
}
