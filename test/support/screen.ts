import { Writable } from 'node:stream';

/** A stream that keeps what is written to it, in the place of a terminal or a pipe. */
export function screen(): NodeJS.WriteStream & { text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return Object.assign(stream, { isTTY: false, text: () => text }) as NodeJS.WriteStream & {
    text(): string;
  };
}
