import type { DpopSession } from '@modelcontextprotocol/client';
import { presentToken } from './credential.ts';
import { challengeParameter } from './evidence.ts';
import { type ForgedToken, forgeTokens } from './forgery.ts';
import { forgeOpaqueTokens } from './opaque-forgery.ts';
import { probeTool } from './probe.ts';
import type { Step } from './steps.ts';
import { stealToken } from './stolen-token.ts';
import type { Walk } from './walk-environment.ts';

async function forge({ tokens, client, idp }: Walk): Promise<readonly ForgedToken[]> {
  const token = client.accessToken();
  if (tokens === 'opaque') return forgeOpaqueTokens(token, client.refreshToken());
  return forgeTokens(token, idp.signingKey, 'notes:admin');
}

function forgeries(walk: Walk): Step {
  const { gatewayUrl, sample, dpop, tokens } = walk;
  return {
    title:
      tokens === 'opaque'
        ? 'Could one make up a token that the issuer knows? No'
        : 'Could one forge a token that says more? No',
    async run({ show, equal }) {
      const before = sample.requests();
      for (const [index, { title, token }] of (await forge(walk)).entries()) {
        const credential = await presentToken(token, gatewayUrl, dpop);
        const refused = await probeTool(walk, 'notes_purge', credential);
        if (index === 0) show(refused);
        const answer = [refused.status, challengeParameter(refused, 'error')];
        equal(`401 invalid_token: ${title}`, answer, [401, 'invalid_token']);
      }
      equal('the MCP server saw none of them', sample.requests() - before, 0);
    },
  };
}

function theft(walk: Walk, dpop: DpopSession): Step {
  const { gatewayUrl, sample, client } = walk;
  return {
    title: 'Could a thief use the real token? Not without the key it is bound to (RFC 9449)',
    async run({ show, equal }) {
      const token = client.accessToken();
      const credential = await presentToken(token, gatewayUrl, dpop);
      const honest = await probeTool(walk, 'notes_list', credential);
      equal('whoever has the key comes in', honest.status, 200);
      const before = sample.requests();
      for (const attempt of await stealToken(token, gatewayUrl, dpop, credential)) {
        const refused = await probeTool(walk, 'notes_list', attempt.credential);
        if (attempt.error === 'invalid_token') show(refused);
        const { title, error } = attempt;
        const answer = [refused.status, challengeParameter(refused, 'error')];
        equal(`401 ${error ?? 'and no error'}: ${title}`, answer, [401, error]);
      }
      equal('the MCP server saw none of them', sample.requests() - before, 0);
    },
  };
}

/** What somebody might try who is not content with the token's scopes, or with not having it. */
export function attackSteps(walk: Walk): Step[] {
  return [forgeries(walk), ...(walk.dpop ? [theft(walk, walk.dpop)] : [])];
}
