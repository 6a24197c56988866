/** Bytes held at most while the event is waited for. */
export const maxPreambleBytes: number = 64 * 1024;

const blankLine = /(?:\r\n|\n|\r(?!\n)){2}/;
const lineEnd = /\r\n|\n|\r/;
/** What follows the preamble is decoded as a stream of its own, at whose beginning a mark is dropped. */
const spellings = ['', '\u00ef\u00bb\u00bf'].flatMap((mark) => [
  `${mark}event:endpoint`,
  `${mark}event: endpoint`,
]);

/** The beginning of a legacy stream, taken apart at its first `endpoint` event. */
export interface Preamble {
  /** What stands before the event. */
  readonly before: string;
  /** Where the server wants messages to be sent, as it wrote it. */
  readonly endpoint: string;
  readonly after: string;
}

/** A mark at the very beginning of a stream does not count; these are its bytes. */
const byteOrderMark = /^\u00ef\u00bb\u00bf/;

/** The data of a block where it is an `endpoint` event; `null` for any other event. */
function endpointOf(block: string): string | null {
  const lines = block.replace(byteOrderMark, '').split(lineEnd);
  const field = (name: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  return field('event').at(-1) === 'endpoint' ? field('data').join('\n') : null;
}

/**
 * Looks for the event that HTTP+SSE (MCP 2024-11-05) begins with.
 *
 * @param text the stream from its very beginning, in Latin-1, which keeps every byte.
 * @returns `null` while the event has not come in full.
 */
export function findEndpoint(text: string): Preamble | null {
  let from = 0;
  for (;;) {
    const end = blankLine.exec(text.slice(from));
    if (end === null) return null;
    const next = from + end.index + end[0].length;
    const endpoint = endpointOf(text.slice(from, next));
    if (endpoint !== null)
      return { before: text.slice(0, from), endpoint, after: text.slice(next) };
    from = next;
  }
}

/** The event that takes its place. */
export function endpointEvent(url: string): string {
  return `event: endpoint\ndata: ${url}\n\n`;
}

/**
 * Takes the lines out of the rest of a stream that would make an event an `endpoint` event: a client
 * would send its token wherever such an event says. Everything else goes through as it comes.
 */
export function createEndpointStopper(): (chunk: Uint8Array) => Uint8Array {
  let held = '';
  let inLine = false;

  return (chunk) => {
    // Latin-1 keeps every byte, whatever it is part of.
    const text = held + Buffer.from(chunk).toString('latin1');
    const pieces = text.split(/(\r\n|\n|\r)/);
    const rest = pieces.pop() ?? '';
    let passed = '';
    held = '';
    for (let index = 0; index < pieces.length; index += 2) {
      const [line = '', end = ''] = pieces.slice(index, index + 2);
      const stopped = !inLine && spellings.some((spelling) => spelling === line);
      if (!stopped) passed += line + end;
      // A line feed may follow, which belongs to the same line end.
      else if (end === '\r' && index + 2 === pieces.length && rest === '') held = line + end;
      inLine = false;
    }
    if (rest === '') return Buffer.from(passed, 'latin1');
    if (!inLine && spellings.some((spelling) => spelling.startsWith(rest))) held = rest;
    else {
      passed += rest;
      inLine = true;
    }
    return Buffer.from(passed, 'latin1');
  };
}
