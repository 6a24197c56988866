import { speaksOfTasks } from '../mcp/task-answer.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What may go on in place of a message, once it has been noted; `null` where nothing has to be. */
export type NoteMessage = (text: string) => Promise<string> | null;

const endOfEvent = '\n\n';

function messageOf(event: string): string {
  return event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).replace(/^ /, ''))
    .join('\n');
}

function withMessage(event: string, message: string): string {
  const others = event.split('\n').filter((line) => !line.startsWith('data:'));
  return [...others, ...message.split('\n').map((line) => `data: ${line}`)].join('\n');
}

/**
 * Has messages noted that bytes on their way to the client consist of.
 *
 * @param eventStream whether they are events, as our own filter writes them; one message otherwise.
 * @returns `null` for bytes that can go on at once.
 */
export function createHandOver(
  note: NoteMessage,
  eventStream: boolean,
): (passed: Uint8Array) => Promise<Uint8Array> | null {
  function noteEvent(event: string): Promise<string> | string {
    const message = messageOf(event);
    const noted = note(message);
    if (noted === null) return event;
    return noted.then((text) => (text === message ? event : withMessage(event, text)));
  }

  return (passed) => {
    const text = decoder.decode(passed);
    if (!speaksOfTasks(text)) return null;
    if (!eventStream) return note(text)?.then((noted) => encoder.encode(noted)) ?? null;
    const events = text.split(endOfEvent).map(noteEvent);
    if (events.every((event) => typeof event === 'string')) return null;
    return Promise.all(events).then((noted) => encoder.encode(noted.join(endOfEvent)));
  };
}
