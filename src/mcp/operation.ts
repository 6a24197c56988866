import type { Operation, Target } from '../core/types.ts';
import { badParams } from './invalid-message.ts';
import type { Json } from './json-scanner.ts';
import { isKnownMethod } from './methods.ts';
import { relatedTaskKey } from './protocol-keys.ts';

/** Watched members of an object of the message. */
export type Members = ReadonlyMap<string, Json>;

/** The longest name or URI that a policy is asked about, in UTF-16 code units. */
export const longestName = 8_192;

/** Requests that act on one task, and have to say which. */
const taskMethods: ReadonlySet<string> = new Set([
  'tasks/cancel',
  'tasks/get',
  'tasks/result',
  'tasks/update',
]);

/** Resources that one subscription may name. */
const mostSubscriptions = 1_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\u0000-\u001f\u007f]/;

function membersOf(json: Json | undefined, key: string, id: string | null): Members {
  if (json?.type === 'object') return json.members;
  throw badParams(`params need an object as ${key}`, id);
}

/** What keeps a text from naming anything; `null` for a good name. */
export function nameFault(name: string): string | null {
  if (name === '') return 'is empty';
  // Some readers end a text at NUL, and then see another name than the policy did.
  if (control.test(name)) return 'has control characters';
  return name.length > longestName ? 'is too long' : null;
}

function nameOf(what: string, json: Json | undefined, id: string | null): string {
  if (json?.type !== 'string') throw badParams(`params need a string that names a ${what}`, id);
  const fault = nameFault(json.value);
  if (fault !== null) throw badParams(`the name of a ${what} ${fault}`, id);
  return json.value;
}

function target(type: Target['type'], json: Json | undefined, id: string | null): Target {
  return { type, name: nameOf(type, json, id) };
}

function completionTarget(params: Members, id: string | null): Target {
  const reference = membersOf(params.get('ref'), 'ref', id);
  const type = reference.get('type');
  const kind = type?.type === 'string' ? type.value : null;
  if (kind === 'ref/prompt') return target('prompt', reference.get('name'), id);
  if (kind === 'ref/resource') return target('resource', reference.get('uri'), id);
  throw badParams('the type of ref is not known', id);
}

function subscribed(params: Members, key: string, id: string | null): readonly Json[] {
  if (!params.has('notifications')) return [];
  const list = membersOf(params.get('notifications'), 'notifications', id).get(key);
  if (list === undefined) return [];
  if (list.type !== 'array') throw badParams(`${key} is not an array`, id);
  if (list.items.length > mostSubscriptions) throw badParams('too many subscriptions', id);
  return list.items;
}

function subscriptionTargets(params: Members, id: string | null): readonly Target[] {
  return subscribed(params, 'resourceSubscriptions', id).map((uri) => target('resource', uri, id));
}

/** The task that the method acts on. */
function ownTask(method: string, params: Members, id: string | null): string | null {
  if (method === 'subscriptions/listen') {
    const tasks = subscribed(params, 'taskIds', id);
    // An operation is bound to the owner of one task; more would need an owner each.
    if (tasks.length > 1) throw badParams('a subscription names more than one task', id);
    return tasks.length === 0 ? null : nameOf('task', tasks[0], id);
  }
  if (!method.startsWith('tasks/')) return null;
  const named = params.get('taskId');
  return named === undefined && !taskMethods.has(method) ? null : nameOf('task', named, id);
}

/** The task in whose context a request stands: some servers queue its answer there. */
function relatedTask(params: Members, id: string | null): string | null {
  const meta = params.get('_meta');
  const related = meta?.type === 'object' ? meta.members.get(relatedTaskKey) : undefined;
  if (related === undefined) return null;
  return nameOf('task', membersOf(related, relatedTaskKey, id).get('taskId'), id);
}

function taskOf(method: string, params: Members, id: string | null): string | null {
  const own = ownTask(method, params, id);
  // Notifications may speak of a task that the client itself runs for the server.
  const related = id === null ? null : relatedTask(params, id);
  if (own !== null && related !== null && own !== related)
    throw badParams('a request names two tasks', id);
  return own ?? related;
}

/** A request or notification, as far as it has been read. */
export interface Asked {
  /** JSON text of the request's id; `null` makes it a notification. */
  readonly id: string | null;
  readonly method: string;
  /** Watched members of `params`; empty where the message has none. */
  readonly params: Members;
  /** The revision it is of; `null` where it names none. */
  readonly revision: string | null;
}

function targetsOf({ method, params, id }: Asked, known: boolean): readonly Target[] {
  switch (method) {
    case 'tools/call':
      return [target('tool', params.get('name'), id)];
    case 'prompts/get':
      return [target('prompt', params.get('name'), id)];
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      // To whom the revision does not give the method, that nobody knows it is the better answer.
      return known || params.has('uri') ? [target('resource', params.get('uri'), id)] : [];
    case 'completion/complete':
      return [completionTarget(params, id)];
    case 'subscriptions/listen':
      return subscriptionTargets(params, id);
    default:
      return [];
  }
}

/** An operation that is known by its form alone, which is all there is to judge. */
export function bareOperation(kind: 'response' | 'stream' | 'terminate'): Operation {
  return { kind, method: null, known: true, targets: [], task: null };
}

/**
 * What a request or notification asks for. A method that acts on something names it in a
 * notification too, since lax servers run those. Names are never normalised: the policy compares
 * what the server will compare. Whether the tool, prompt, resource or task exists is not checked,
 * nor whose the task is.
 *
 * @throws DoormanError `message_invalid` (-32602) where a needed name or URI is missing, empty, not
 *   a string, with control characters or longer than 8,192 code units, where a subscription names
 *   more than 1,000 resources, or where one message names two tasks.
 */
export function readOperation(asked: Asked): Operation {
  const { id, method, params, revision } = asked;
  const known = isKnownMethod(method, revision);
  return {
    kind: id === null ? 'notification' : 'request',
    method,
    known,
    targets: targetsOf(asked, known),
    task: taskOf(method, params, id),
  };
}
