import type { Ports } from '../core/ports.ts';
import { exchange, failure, type Outcome } from './exchange.ts';
import { decodeJsonObject, type JsonObject } from './json.ts';

const headers = { accept: 'application/json, application/jwk-set+json' };

/**
 * GETs one JSON object from an identity provider, within the limits of `exchange`. Only status 200
 * counts. The media type is not checked: what is not one JSON object fails anyway. Never rejects.
 */
export async function fetchJson(url: string, ports: Ports): Promise<Outcome<JsonObject>> {
  const reply = await exchange(url, { headers }, [200], ports);
  if (!reply.ok) return reply;
  const value = decodeJsonObject(reply.value.body);
  return value === null ? failure('no JSON object') : { ok: true, value };
}
