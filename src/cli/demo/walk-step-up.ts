import { redirectUri } from './client.ts';
import { challengeParameter, findExchange, resultText, sortedScopes } from './evidence.ts';
import { notesScopes } from './notes-policy.ts';
import type { Step } from './steps.ts';
import { attackSteps } from './walk-attack.ts';
import { mcpPath, user, type Walk } from './walk-environment.ts';

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
    ...attackSteps(walk),
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
