import { presentToken } from './credential.ts';
import { challengeParameter, findExchange } from './evidence.ts';
import { probeTool } from './probe.ts';
import type { Step } from './steps.ts';
import { user, type Walk } from './walk-environment.ts';

/** What opaque tokens are for: the issuer takes one back, and that very call is refused. */
export function revocationSteps(walk: Walk): Step[] {
  const { gatewayUrl, idp, sample, trace, client, dpop } = walk;
  if (walk.tokens === 'jwt') return [];
  return [
    {
      title: `${user} has the token revoked (RFC 7009): no note is deleted with it any more`,
      async run({ show, equal, remark }) {
        const token = client.accessToken();
        await trace.fetch(`${idp.issuer}/token/revocation`, {
          method: 'POST',
          body: new URLSearchParams({ token, client_id: client.clientId() }),
        });
        const revoked = findExchange(trace.take(), '/token/revocation');
        const before = sample.requests();
        const credential = await presentToken(token, gatewayUrl, dpop);
        const refused = await probeTool(walk, 'notes_purge', credential);
        show(revoked, refused);
        remark(
          'What the issuer said of a token counts for up to 30 seconds; the policy has notes_purge ask anew each time (introspect: true).',
        );
        equal('revoked', revoked.status, 200);
        const answer = [refused.status, challengeParameter(refused, 'error')];
        equal('401 invalid_token at once', answer, [401, 'invalid_token']);
        equal('the MCP server saw nothing of it', sample.requests() - before, 0);
      },
    },
  ];
}
