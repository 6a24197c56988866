/** Decides whether a whole name fits a pattern. */
export type Matcher = (name: string) => boolean;

/** Sets of states, 32 to a word: state n stands for "the first n literal characters are found". */
type States = Int32Array<ArrayBuffer>;

interface Automaton {
  readonly length: number;
  readonly words: number;
  /** The states that a character leads on from, by UTF-16 code unit. */
  readonly advance: ReadonlyMap<number, States>;
  /** States that stay whatever comes, because a star stands there. */
  readonly stayAlways: States;
  /** States that stay on everything but a slash. */
  readonly stayInSegment: States;
}

const slash = 0x2f;

function include(states: States, state: number): void {
  states[state >>> 5] = (states[state >>> 5] as number) | (1 << (state & 31));
}

function build(pattern: string, star: 'run' | 'segment'): Automaton {
  const length = pattern.replaceAll('*', '').length;
  const words = (length >>> 5) + 1;
  const advance = new Map<number, States>();
  const stayAlways = new Int32Array(words);
  const stayInSegment = new Int32Array(words);
  let state = 0;
  for (const [piece] of pattern.matchAll(/\*+|[^*]/g)) {
    if (piece.startsWith('*')) {
      include(stayInSegment, state);
      if (star === 'run' || piece.length > 1) include(stayAlways, state);
    } else {
      const unit = piece.charCodeAt(0);
      const states = advance.get(unit) ?? new Int32Array(words);
      include(states, state);
      advance.set(unit, states);
      state++;
    }
  }
  return { length, words, advance, stayAlways, stayInSegment };
}

function run(automaton: Automaton, name: string): boolean {
  const { length, words, advance, stayAlways, stayInSegment } = automaton;
  const nowhere = new Int32Array(words);
  const states = new Int32Array(words);
  include(states, 0);
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    const onward = advance.get(unit) ?? nowhere;
    const stay = unit === slash ? stayAlways : stayInSegment;
    let carry = 0;
    let reached = 0;
    for (let word = 0; word < words; word++) {
      const before = states[word] as number;
      const moved = before & (onward[word] as number);
      const after = (moved << 1) | carry | (before & (stay[word] as number));
      carry = moved >>> 31;
      reached |= after;
      states[word] = after;
    }
    if (reached === 0) return false;
  }
  return (((states[length >>> 5] as number) >>> (length & 31)) & 1) === 1;
}

/**
 * Compiles an anchored, case-sensitive pattern in which only `*` is special: `?`, brackets, braces
 * and `!` are ordinary in URIs and tool names, which is why no general glob library serves here.
 *
 * A lone `*` fits everything. Time is linear in the length of the name for any pattern: there is no
 * backtracking that a hostile name could provoke.
 *
 * @param pattern compared by code point; nothing is normalised.
 * @param star what a single `*` stands for: any `run` of characters, or one that stays within a
 *   path `segment`; `**` is always any run.
 */
export function compileGlob(pattern: string, star: 'run' | 'segment'): Matcher {
  if (!pattern.includes('*')) return (name) => name === pattern;
  if (pattern === '*') return () => true;
  const prefix = pattern.slice(0, pattern.indexOf('*'));
  const suffix = pattern.slice(pattern.lastIndexOf('*') + 1);
  const automaton = build(pattern, star);
  return (name) => name.startsWith(prefix) && name.endsWith(suffix) && run(automaton, name);
}
