import { describe, expect, it } from 'vitest';
import { accessAnswerTest } from '../../providers/access-answer.ts';
import type { Claims } from '../../src/core/types.ts';

const resource = 'https://mcp.example/mcp';
const isAccessAnswer = accessAnswerTest(resource);
const ours: Claims = { active: true, aud: [resource], sub: 'alice', client_id: 'c', exp: 1 };
const clients: Claims = { ...ours, aud: ['c'] };

describe('an introspection answer', () => {
  it.each<[string, Claims]>([
    ['for our resource, of no named kind', ours],
    ['with token_type Bearer', { ...ours, token_type: 'Bearer' }],
    ['with token_type in another case', { ...ours, token_type: 'bearer' }],
    ['with token_type DPoP', { ...ours, token_type: 'DPoP' }],
    ['with token_use access_token', { ...ours, token_use: 'access_token' }],
    ['with token_use access', { ...ours, token_use: 'access' }],
    ['with payload typ Bearer', { ...ours, typ: 'Bearer' }],
    ['with nonce, where its kind is named', { ...ours, nonce: 'n', typ: 'Bearer' }],
    ['for a client, with a scope', { ...clients, scope: '' }],
    ['for a client, with scp', { ...clients, scp: ['a'] }],
    ['for a client, with a kind', { ...clients, token_type: 'Bearer' }],
  ])('describes an access token %s', (_, answer) => {
    expect(isAccessAnswer(answer)).toBe(true);
  });

  it.each<[string, Claims]>([
    ['token_type ID, as Keycloak says', { ...ours, token_type: 'ID', scope: 'a' }],
    ['token_type Refresh, as Keycloak says', { ...ours, token_type: 'Refresh', scope: 'a' }],
    ['token_type refresh_token', { ...ours, token_type: 'refresh_token' }],
    [
      'token_use refresh_token, as Hydra says',
      { ...ours, token_type: 'Bearer', token_use: 'refresh_token' },
    ],
    ['token_use id', { ...ours, token_use: 'id' }],
    ['payload typ Offline', { ...ours, token_type: 'Bearer', typ: 'Offline' }],
    ['a kind that is no string', { ...ours, token_type: { Bearer: true } }],
    ['a kind of null', { ...ours, token_type: null }],
    ['at_hash', { ...ours, token_type: 'Bearer', at_hash: 'h' }],
    ['c_hash', { ...ours, token_type: 'Bearer', c_hash: 'h' }],
    ['events', { ...ours, token_type: 'Bearer', events: {} }],
    ['nonce and no kind', { ...ours, nonce: 'n' }],
    ["a client's audience and nothing else, as Spring does for ID tokens", clients],
    ['no audience and nothing else', { ...ours, aud: undefined }],
    ['a client that is the resource itself', { ...ours, client_id: resource }],
  ])('describes no access token with %s', (_, answer) => {
    expect(isAccessAnswer(answer)).toBe(false);
  });
});
