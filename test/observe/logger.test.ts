import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from '../../src/observe/logger.ts';

function logged(level: LogLevel) {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line: string) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with level, time and event', () => {
    const { log, parsed } = logged('debug');
    log.debug('one');
    log.info('two', { code: 'x' });
    log.warn('three');
    log.error('four');
    expect(parsed().map(({ level, msg }) => [level, msg])).toEqual([
      ['debug', 'one'],
      ['info', 'two'],
      ['warn', 'three'],
      ['error', 'four'],
    ]);
    expect(parsed()[1]).toMatchObject({ code: 'x', time: expect.stringMatching(/^\d{4}-\d\d-/) });
  });

  it('leaves out what is less severe than the level', () => {
    const { log, lines } = logged('warn');
    log.debug('no');
    log.info('no');
    log.warn('yes');
    expect(lines).toHaveLength(1);
  });

  it('writes nothing when silent', () => {
    const { log, lines } = logged('silent');
    log.error('no');
    expect(lines).toEqual([]);
  });

  it('tells the cause of an error, with its own cause', () => {
    const { log, parsed } = logged('info');
    log.error('failed', { cause: new Error('outer', { cause: new Error('inner') }) });
    expect(parsed()[0].cause).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
  });

  it('tells nothing else of it, since libraries attach what they had just read', () => {
    const { log, lines } = logged('info');
    const cause = Object.assign(new Error('parse'), { code: 'HPE', data: 'canary', socket: {} });
    log.error('failed', { cause });
    log.error('failed', { cause: 'canary' });
    expect(lines.join()).not.toContain('canary');
    expect(lines.join()).toContain('"code":"HPE"');
  });

  it.each(['token', 'authorization', 'cookie', 'secret', 'client_secret', 'password'])(
    'hides a field named %s, should one ever get here',
    (name) => {
      const { log, lines } = logged('info');
      log.info('event', { [name]: 'canary', inner: { [name]: 'canary' } });
      expect(lines.join()).not.toContain('canary');
    },
  );
});
