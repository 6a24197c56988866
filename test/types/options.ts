/** Checked by `npm run types` alone: what an author may write, and what the compiler refuses. */

import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { AuthInfo as AuthInfoV2 } from '@modelcontextprotocol/server';
import express from 'express';
import { Hono } from 'hono';
import { expectTypeOf } from 'vitest';
import { doorman as fetchDoorman } from '../../src/adapters/fetch.ts';
import { doorman as honoDoorman } from '../../src/adapters/hono.ts';
import { doorman as nodeDoorman } from '../../src/adapters/node.ts';
import {
  type AuthInfo,
  type ErrorCode,
  type IssuerOptions,
  isDoormanError,
  type PolicyDocument,
  type Principal,
  type ResourceServer,
} from '../../src/index.ts';

const issuer = 'https://idp.example';

export const issuers: readonly IssuerOptions[] = [
  { issuer },
  { issuer, allowedTenants: ['acme'], scopePrefix: 'api://mcp/' },
  { issuer, provider: 'entra', allowedTenants: ['acme'] },
  { issuer, provider: 'keycloak', audience: 'mcp' },
  {
    issuer,
    provider: 'google',
    allowedClients: ['web'],
    grants: [{ email: 'a@b.example', scopes: [] }],
  },
  // @ts-expect-error a misspelt provider
  { issuer, provider: 'keyclock' },
  // @ts-expect-error Keycloak has no tenants
  { issuer, provider: 'keycloak', allowedTenants: ['acme'] },
  // @ts-expect-error the issuer is missing
  { provider: 'keycloak' },
  // @ts-expect-error a misspelt option
  { issuer, audiences: ['mcp'] },
  // @ts-expect-error no such way to validate
  { issuer, validation: 'none' },
];

export const policies: readonly PolicyDocument[] = [
  {
    tools: [
      { match: 'list_*', scopes: ['read'] },
      { match: ['a', 'b'], anyOf: [['x'], ['y']] },
    ],
  },
  { scopes: { admin: { implies: ['read'], stepUp: true } } },
  // @ts-expect-error a rule asks for something
  { tools: [{ match: 'list_*' }] },
  // @ts-expect-error scopes are a list
  { tools: [{ match: 'list_*', scopes: 'read' }] },
  // @ts-expect-error a misspelt section
  { tool: [] },
  // @ts-expect-error stepUp is true or false
  { scopes: { admin: { stepUp: 'yes' } } },
];

export function narrowed(error: unknown): void {
  if (!isDoormanError(error)) return;
  expectTypeOf(error.code).toEqualTypeOf<ErrorCode>();
  if (isDoormanError(error, 'token_expired', 'token_missing'))
    expectTypeOf(error.code).toEqualTypeOf<'token_expired' | 'token_missing'>();
  // @ts-expect-error no such code
  isDoormanError(error, 'token_expird');
}

expectTypeOf<AuthInfo>().toExtend<AuthInfoV1>();
expectTypeOf<AuthInfo>().toExtend<AuthInfoV2>();

export function mounts(server: ResourceServer): void {
  const app = new Hono<{ Bindings: { KEY: string }; Variables: { own: number } }>();
  app.use(
    honoDoorman(server, (c) => {
      expectTypeOf(c.var.principal).toEqualTypeOf<Principal>();
      expectTypeOf(c.var.authInfo).toEqualTypeOf<AuthInfo>();
      return c.text('');
    }),
  );
  express().use(
    nodeDoorman(server, (req, res) => {
      expectTypeOf(req.principal).toEqualTypeOf<Principal>();
      expectTypeOf(req.auth).toEqualTypeOf<AuthInfo>();
      res.end();
    }),
  );
  const worker = fetchDoorman(server, (_request, caller, env: { KEY: string }) => {
    expectTypeOf(caller.principal).toEqualTypeOf<Principal>();
    return new Response(env.KEY);
  });
  expectTypeOf(worker).parameters.toEqualTypeOf<[Request, { KEY: string }]>();
  // @ts-expect-error what the handler needs, the runtime has to bring
  void worker(new Request('https://mcp.example/mcp'));
}
