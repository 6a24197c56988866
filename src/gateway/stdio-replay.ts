import { randomBytes } from 'node:crypto';
import type { EventStore } from '@modelcontextprotocol/server';

/** The events of one session that a client can have sent again after a lost connection. */
export interface ReplayLog extends EventStore {
  has(eventId: string): boolean;
}

type Event = { readonly streamId: string; readonly text: string };

const maxEvents = 1_000;
const maxCharacters = 4 * 1024 * 1024;

/** Remembers the newest events of a session: a thousand, and together no more than 4 Mi characters. */
export function createReplayLog(): ReplayLog {
  const events = new Map<string, Event>();
  // An id of another session finds nothing here.
  const prefix = randomBytes(8).toString('hex');
  let last = 0;
  let characters = 0;

  return {
    has: (eventId) => events.has(eventId),

    async storeEvent(streamId, message) {
      last += 1;
      const id = `${prefix}-${last}`;
      const text = JSON.stringify(message);
      events.set(id, { streamId, text });
      characters += text.length;
      for (const [oldest, event] of events) {
        if (events.size <= maxEvents && characters <= maxCharacters) break;
        events.delete(oldest);
        characters -= event.text.length;
      }
      return id;
    },

    async replayEventsAfter(lastEventId, { send }) {
      const from = events.get(lastEventId);
      if (from === undefined) throw new Error('The event is not remembered any more.');
      let passed = false;
      for (const [id, { streamId, text }] of [...events]) {
        if (passed && streamId === from.streamId && text !== '{}') await send(id, JSON.parse(text));
        passed ||= id === lastEventId;
      }
      return from.streamId;
    },
  };
}
