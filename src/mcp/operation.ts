import type { Operation, Target } from '../core/types.ts';
import { badParams } from './invalid-message.ts';
import type { Json } from './json-scanner.ts';
import { isKnownMethod } from './methods.ts';

/** Watched members of an object of the message. */
export type Members = ReadonlyMap<string, Json>;

/** The longest name or URI that a policy is asked about, in UTF-16 code units. */
export const longestName = 8_192;

/** Resources that one subscription may name. */
const mostSubscriptions = 1_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/;

const none: Members = new Map();

function membersOf(json: Json | undefined, key: string, id: string | null): Members {
  if (json?.type === 'object') return json.members;
  throw badParams(`params need an object as ${key}`, id);
}

function target(type: Target['type'], json: Json | undefined, id: string | null): Target {
  if (json?.type !== 'string') throw badParams(`params need a string that names a ${type}`, id);
  const name = json.value;
  if (name === '') throw badParams(`the name of a ${type} is empty`, id);
  // Some readers end a text at NUL, and then see another name than the policy did.
  if (control.test(name)) throw badParams(`the name of a ${type} has control characters`, id);
  if (name.length > longestName) throw badParams(`the name of a ${type} is too long`, id);
  return { type, name };
}

function completionTarget(params: Members, id: string | null): Target {
  const reference = membersOf(params.get('ref'), 'ref', id);
  const type = reference.get('type');
  const kind = type?.type === 'string' ? type.value : null;
  if (kind === 'ref/prompt') return target('prompt', reference.get('name'), id);
  if (kind === 'ref/resource') return target('resource', reference.get('uri'), id);
  throw badParams('the type of ref is not known', id);
}

function subscriptionTargets(params: Members, id: string | null): readonly Target[] {
  if (!params.has('notifications')) return [];
  const filter = membersOf(params.get('notifications'), 'notifications', id);
  const uris = filter.get('resourceSubscriptions');
  if (uris === undefined) return [];
  if (uris.type !== 'array') throw badParams('resourceSubscriptions is not an array', id);
  if (uris.items.length > mostSubscriptions) throw badParams('too many subscriptions', id);
  return uris.items.map((uri) => target('resource', uri, id));
}

function targetsOf(method: string, params: Members, id: string | null): readonly Target[] {
  switch (method) {
    case 'tools/call':
      return [target('tool', params.get('name'), id)];
    case 'prompts/get':
      return [target('prompt', params.get('name'), id)];
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return [target('resource', params.get('uri'), id)];
    case 'completion/complete':
      return [completionTarget(params, id)];
    case 'subscriptions/listen':
      return subscriptionTargets(params, id);
    default:
      return [];
  }
}

/**
 * What a request or notification asks for. A method that acts on something names it in a
 * notification too, since lax servers run those. Names are never normalised: the policy compares
 * what the server will compare. Whether the tool, prompt or resource exists is not checked.
 *
 * @param id JSON text of the request's id; `null` makes it a notification.
 * @param params watched members of `params`; nothing where the message has none.
 * @throws DoormanError `message_invalid` (-32602) where a needed name or URI is missing, empty, not
 *   a string, with control characters or longer than 8,192 code units, or where a subscription names
 *   more than 1,000 resources.
 */
export function readOperation(
  id: string | null,
  method: string,
  params: Members = none,
): Operation {
  return {
    kind: id === null ? 'notification' : 'request',
    method,
    known: isKnownMethod(method),
    targets: targetsOf(method, params, id),
  };
}
