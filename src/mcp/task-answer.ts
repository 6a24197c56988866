import { readItems, readMembers, type Span, skipSpace, valueEnd } from './json-spans.ts';

/** A task in a list, as the server wrote it. */
export interface ListedTask extends Span {
  /** `null` for what nobody could ask about. */
  readonly id: string | null;
}

/** What the answer to a request says of tasks. */
export type TaskAnswer =
  /** A call has created this task, in the form of MCP 2025-11-25 or of the extension. */
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'listed'; readonly list: Span; readonly tasks: readonly ListedTask[] }
  /** It may speak of tasks, but readers could disagree about which. */
  | { readonly kind: 'unreadable' };

const suspicious = /taskid|\\u/i;

/** Whether a text could speak of tasks; cheap, for what mostly does not. */
export function speaksOfTasks(text: string): boolean {
  return suspicious.test(text);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function idOf(task: unknown): string | null {
  return isObject(task) && typeof task.taskId === 'string' ? task.taskId : null;
}

/** The one member of this name in the object that starts at `start`; `null` for none or several. */
function onlyMember(text: string, start: number, name: string): Span | null {
  const found: Span[] = [];
  readMembers(text, start, (key, at) => {
    const end = valueEnd(text, at);
    if (key === name) found.push({ start: at, end });
    return end;
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

function readList(text: string): TaskAnswer {
  const result = onlyMember(text, skipSpace(text, 0), 'result');
  const list = result && onlyMember(text, result.start, 'tasks');
  if (list === null || text.charAt(list.start) !== '[') return { kind: 'unreadable' };
  const tasks: ListedTask[] = [];
  readItems(text, list.start, (start) => {
    const end = valueEnd(text, start);
    tasks.push({ start, end, id: idOf(JSON.parse(text.slice(start, end))) });
    return end;
  });
  return { kind: 'listed', list, tasks };
}

function listsTasks(message: unknown): boolean {
  return isObject(message) && isObject(message.result) && Object.hasOwn(message.result, 'tasks');
}

/**
 * Reads what a message of the server says of tasks that it hands over. A task whose id readers could
 * disagree about is not found here, and so belongs to nobody.
 *
 * @returns `null` for a message that hands over none.
 */
export function readTaskAnswer(text: string): TaskAnswer | null {
  if (!speaksOfTasks(text)) return null;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { kind: 'unreadable' };
  }
  // Batches do not exist from 2025-06-18 on; they are not taken apart.
  if (Array.isArray(message)) return message.some(listsTasks) ? { kind: 'unreadable' } : null;
  if (listsTasks(message)) return readList(text);
  const result = isObject(message) ? message.result : undefined;
  if (!isObject(result)) return null;
  const id = idOf(result.task) ?? (result.resultType === 'task' ? idOf(result) : null);
  return id === null ? null : { kind: 'created', id };
}
