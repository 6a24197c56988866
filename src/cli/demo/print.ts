import { STATUS_CODES } from 'node:http';
import { cutTokens, shortPath } from './redaction.ts';
import type { Detail } from './token-details.ts';
import type { Exchange } from './trace.ts';

/** What the printer needs of `process.stdout`. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Printer {
  /** A heading of the whole run. */
  heading(text: string): void;
  /** A table of names and values. */
  facts(rows: readonly Detail[]): void;
  step(number: number, title: string): void;
  exchange(exchange: Exchange): void;
  /** Something that was expected and came true. */
  passed(text: string): void;
  /** Something that was expected and did not; `lines` say what came instead. */
  failed(text: string, lines: readonly string[]): void;
  /** A remark on the step. */
  remark(text: string): void;
  /** Text to copy: never wrapped, never coloured. */
  command(title: string, text: string): void;
}

type Style = (text: string) => string;

const indent = '     ';

function sgr(code: number): Style {
  return (text) => `\x1b[${code}m${text}\x1b[0m`;
}

const plain: Style = (text) => text;

/** Colour is for people at a terminal who did not ask to go without (https://no-color.org). */
function usesColour(screen: Screen, env: NodeJS.ProcessEnv): boolean {
  return screen.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Breaks at spaces; a word longer than the line stays whole, so that it can still be copied. */
function wrap(text: string, first: string, rest: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** A challenge with each parameter on a line of its own (RFC 9110 section 11.6.1). */
function challengeLines(challenge: string): readonly string[] {
  const [scheme = '', ...rest] = challenge.split(' ');
  const parameters = rest.join(' ').match(/[\w-]+=(?:"(?:[^"\\]|\\.)*"|[^\s,"]+)/g) ?? [];
  return [`WWW-Authenticate: ${scheme}`, ...parameters.map((parameter) => `  ${parameter}`)];
}

/**
 * Prints the walk for people: steps, the HTTP behind them, what was checked. Colour only on a
 * terminal and never with `NO_COLOR`; lines fit the terminal (60 to 100 columns, 80 elsewhere).
 * Anything that looks like a JWT is cut out, wherever it came from.
 */
export function createPrinter(screen: Screen, env: NodeJS.ProcessEnv): Printer {
  const colour = usesColour(screen, env);
  const style = (code: number): Style => (colour ? sgr(code) : plain);
  const bold = style(1);
  const dim = style(2);
  const red = style(31);
  const green = style(32);
  const yellow = style(33);
  const cyan = style(36);
  const width = Math.min(100, Math.max(60, screen.columns || 80));

  function print(line: string): void {
    screen.write(`${cutTokens(line)}\n`);
  }

  function paragraph(text: string, first: string, rest: string, paint: Style = plain): void {
    for (const line of wrap(text, first, rest, width)) print(paint(line));
  }

  function detail(name: string, value: string): void {
    paragraph(value, `${indent}    ${name}: `, `${indent}      `, dim);
  }

  function statusStyle(status: number): Style {
    if (status < 300) return green;
    return status < 400 ? cyan : yellow;
  }

  return {
    heading(text) {
      print('');
      print(bold(text));
      print('');
    },
    facts(rows) {
      const column = Math.max(...rows.map(([name]) => name.length));
      for (const [name, value] of rows)
        paragraph(value, `  ${name.padEnd(column)}  `, ' '.repeat(column + 4));
    },
    step(number, title) {
      print('');
      const label = String(number).padStart(3);
      paragraph(title, `${label}  `, indent, bold);
    },
    exchange({ method, url, operation, sent, status, received, challenge }) {
      const target = `${url.host}${shortPath(url.pathname)}`;
      print(`${indent}${cyan('→')} ${method} ${target}${operation && `  ${bold(operation)}`}`);
      for (const [name, value] of sent) detail(name, value);
      print(`${indent}${statusStyle(status)(`← ${status} ${STATUS_CODES[status] ?? ''}`)}`);
      for (const [name, value] of received) detail(name, value);
      if (challenge !== null)
        for (const line of challengeLines(challenge)) print(yellow(`${indent}    ${line}`));
    },
    passed(text) {
      const [head = '', ...more] = wrap(text, '', `${indent}  `, width - indent.length - 2);
      print(`${indent}${green('✓')} ${head}`);
      for (const line of more) print(line);
    },
    failed(text, lines) {
      print(`${indent}${red('✗')} ${bold(text)}`);
      for (const line of lines) print(red(`${indent}    ${line}`));
    },
    remark(text) {
      paragraph(text, indent, indent, dim);
    },
    command(title, text) {
      print('');
      print(`  ${bold(title)}`);
      print(`  ${text}`);
    },
  };
}
