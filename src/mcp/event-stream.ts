import type { BodyFilter } from '../core/body-filter.ts';
import { type FilterMessage, longestMessage, unreadableAnswer } from './message-body.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Fields of the standard; what no reader knows is not passed on. */
const field = /^(data|event|id|retry)(?::|$)/;

function tooLong(): Error {
  return unreadableAnswer('an event is too long');
}

/** Cuts a text that comes in pieces into lines, which end with CR, LF or both. */
function lineReader(onLine: (line: string) => void): (piece: string) => void {
  const lineEnd = /\r\n|\n|\r/g;
  let rest = '';
  let afterReturn = false;
  return (piece) => {
    if (piece === '') return;
    let from = afterReturn && piece.charCodeAt(0) === lineFeed ? 1 : 0;
    lineEnd.lastIndex = from;
    for (let end = lineEnd.exec(piece); end !== null; end = lineEnd.exec(piece)) {
      onLine(rest + piece.slice(from, end.index));
      rest = '';
      from = lineEnd.lastIndex;
    }
    rest += piece.slice(from);
    if (rest.length > longestMessage) throw tooLong();
    afterReturn = piece.charCodeAt(piece.length - 1) === carriageReturn;
  };
}

function nameOf(line: string): string | undefined {
  return field.exec(line)?.[1];
}

function dataOf(line: string): string {
  return line.slice('data:'.length).replace(/^ /, '');
}

/** The lines of one event with what its reader may see of its message. */
function filterEvent(lines: readonly string[], filterMessage: FilterMessage): readonly string[] {
  const data = lines.filter((line) => nameOf(line) === 'data');
  if (data.length === 0) return lines;
  const message = data.map(dataOf).join('\n');
  const passed = filterMessage(message);
  if (passed === message) return lines;
  if (passed !== null) {
    const others = lines.filter((line) => nameOf(line) !== 'data');
    return [...others, ...passed.split('\n').map((line) => `data: ${line}`)];
  }
  const kept = lines.filter((line) => nameOf(line) === 'id' || nameOf(line) === 'retry');
  // A reader resumes after the last id that it has seen, so the id stays. With empty data, as MCP
  // 2025-11-25 itself sends an id without a message: some readers forget an id without any.
  return kept.some((line) => nameOf(line) === 'id') ? [...kept, 'data:'] : kept;
}

/**
 * Filters the messages of a server-sent event stream (WHATWG HTML, section 9.2). Everything else
 * keeps its meaning: comments, event types, ids and retry times stay, and lines end with LF. What is
 * not UTF-8 is replaced before it is judged, as every reader of event streams replaces it, so that
 * what is passed on is what was judged. An event whose message cannot be passed on leaves its id.
 */
export function createEventStreamFilter(filterMessage: FilterMessage): BodyFilter {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let event: string[] = [];
  let size = 0;
  let out = '';

  function endEvent(): void {
    const lines = filterEvent(event, filterMessage);
    if (event.length === 0) out += '\n';
    else if (lines.length > 0) out += `${lines.join('\n')}\n\n`;
    event = [];
    size = 0;
  }

  const read = lineReader((line) => {
    const isComment = line.startsWith(':');
    if (line === '') endEvent();
    // What keeps a connection alive does not wait for an event.
    else if (isComment && event.length === 0) out += `${line}\n`;
    else if (isComment || nameOf(line) !== undefined) {
      size += line.length;
      if (size > longestMessage) throw tooLong();
      event.push(line);
    }
  });

  function flush(): Uint8Array {
    const text = out;
    out = '';
    return encoder.encode(text);
  }

  return {
    holdsBack: false,
    write(chunk) {
      read(decoder.decode(chunk, { stream: true }));
      return flush();
    },
    // What no blank line has ended is no event.
    end: flush,
  };
}
