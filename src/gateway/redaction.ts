import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';

/** Shorter ones are found in innocent text, and are guessed sooner than they are leaked. */
const minSecretLength = 8;
const star = '*'.charCodeAt(0);

/** Takes secrets out of bytes that come in pieces. */
export interface Redactor {
  /** What may go on now; a possible beginning of a secret waits for its rest. */
  write(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** How much of the end of some bytes could be the beginning of a secret. */
function openEnd(bytes: Buffer, secret: Buffer): number {
  const longest = Math.min(secret.length - 1, bytes.length);
  for (let length = longest; length > 0; length -= 1) {
    if (bytes.subarray(-length).equals(secret.subarray(0, length))) return length;
  }
  return 0;
}

/** Writes stars over secrets, byte for byte, so that no length changes. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = secrets.map((secret) => Buffer.from(secret));
  let held: Buffer = Buffer.alloc(0);

  return {
    write(chunk) {
      const bytes = Buffer.concat([held, chunk]);
      for (const needle of needles) {
        for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at)) {
          bytes.fill(star, at, at + needle.length);
        }
      }
      const open = Math.max(0, ...needles.map((needle) => openEnd(bytes, needle)));
      held = bytes.subarray(bytes.length - open);
      return bytes.subarray(0, bytes.length - open);
    },
    end: () => held,
  };
}

/** The secret part of each header value: what stands behind its scheme. */
function secretsOf(credentials: Readonly<Record<string, string>>): readonly string[] {
  const parts = Object.values(credentials).map((value) => value.slice(value.lastIndexOf(' ') + 1));
  return parts.filter((part) => part.length >= minSecretLength);
}

function withoutSecrets(
  headers: IncomingHttpHeaders,
  secrets: readonly string[],
): IncomingHttpHeaders {
  const redact = (value: string): string =>
    secrets.reduce((text, secret) => text.replaceAll(secret, '*'.repeat(secret.length)), value);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(redact) : value && redact(value),
    ]),
  );
}

/**
 * An answer in which our own credentials do not come back to the client, should the upstream repeat
 * them, as pages of errors do.
 *
 * Not found: a credential that the upstream has escaped or encoded.
 */
export function withoutCredentials(
  answer: Answer,
  credentials: Readonly<Record<string, string>>,
): Answer {
  const secrets = secretsOf(credentials);
  if (secrets.length === 0) return answer;
  const redactor = createRedactor(secrets);
  return {
    ...answer,
    begin: (status, headers, first) =>
      answer.begin(status, withoutSecrets(headers, secrets), first),
    write(chunk) {
      const passed = redactor.write(chunk);
      return passed.length === 0 || answer.write(passed);
    },
    end() {
      const rest = redactor.end();
      if (rest.length > 0) answer.write(rest);
      answer.end();
    },
  };
}
