/** Decides whether a whole name fits a pattern. */
export type Matcher = (name: string) => boolean;

type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'run' | 'segment' };

function tokenize(pattern: string, star: 'run' | 'segment'): Token[] {
  const tokens: Token[] = [];
  for (const piece of pattern.match(/\*+|[^*]/g) ?? []) {
    if (!piece.startsWith('*')) tokens.push({ kind: 'char', char: piece });
    else tokens.push({ kind: piece.length > 1 ? 'run' : star });
  }
  return tokens;
}

function matches(tokens: readonly Token[], name: string): boolean {
  // One bit for "the first n tokens fit what was read so far"; every character is looked at once.
  let states = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  const skipStars = (reached: Uint8Array): void => {
    for (let i = 0; i < tokens.length; i++) {
      if (reached[i] && tokens[i]?.kind !== 'char') reached[i + 1] = 1;
    }
  };
  states[0] = 1;
  skipStars(states);
  for (let at = 0; at < name.length; at++) {
    const char = name.charAt(at);
    next.fill(0);
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      if (!states[i] || token === undefined) continue;
      if (token.kind === 'char') {
        if (token.char === char) next[i + 1] = 1;
      } else if (token.kind === 'run' || char !== '/') next[i] = 1;
    }
    skipStars(next);
    [states, next] = [next, states];
    if (!states.includes(1)) return false;
  }
  return states[tokens.length] === 1;
}

/**
 * Compiles an anchored, case-sensitive pattern in which only `*` is special: `?`, brackets, braces
 * and `!` are ordinary in URIs and tool names, which is why no general glob library serves here.
 *
 * A lone `*` fits everything. Time is bounded by the product of both lengths, whatever the input.
 *
 * @param pattern compared by code point; nothing is normalised.
 * @param star what a single `*` stands for: any `run` of characters, or one that stays within a
 *   path `segment`; `**` is always any run.
 */
export function compileGlob(pattern: string, star: 'run' | 'segment'): Matcher {
  if (!pattern.includes('*')) return (name) => name === pattern;
  if (pattern === '*' || pattern === '**') return () => true;
  const tokens = tokenize(pattern, star);
  const prefix = pattern.slice(0, pattern.indexOf('*'));
  return (name) => name.startsWith(prefix) && matches(tokens, name);
}
