import { createHash } from 'node:crypto';
import type { EnvironmentTemplate, TemplatePart } from '../core/environment-template.ts';
import { DoormanError } from '../core/errors.ts';
import type { Principal } from '../core/types.ts';
import { ownerOf } from '../store/ownership.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a program needs to be found, to run and to find its own files. Everything else of the
 * gateway's environment stays here: settings, secrets, `PORT` and `HOST`.
 */
const inherited = [
  ...['HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'],
  ...['APPDATA', 'COMSPEC', 'HOMEDRIVE', 'HOMEPATH', 'LOCALAPPDATA', 'PATHEXT', 'PROGRAMDATA'],
  ...['PROGRAMFILES', 'SYSTEMDRIVE', 'SYSTEMROOT', 'TEMP', 'USERNAME', 'USERPROFILE', 'WINDIR'],
];

/** Neither a path nor an option, in no file system and for no shell. */
const safeClaim = /^[A-Za-z0-9_](?:[A-Za-z0-9_@-]|\.(?!\.)){0,127}$/;
const hashDigits = 32;

/**
 * Who calls, as one text: two principals never have the same.
 *
 * @throws DoormanError `operation_denied` for a token that names neither a subject nor a client
 */
export function principalText(principal: Principal): string {
  const text = ownerOf(principal);
  if (text !== null) return text;
  const { issuer } = principal;
  throw new DoormanError('operation_denied', { detail: { reason: 'nobody is named', issuer } });
}

/** {@link principalText} as 32 hexadecimal digits, which may stand in a file name. */
export function principalHash(principal: Principal): string {
  return createHash('sha256').update(principalText(principal)).digest('hex').slice(0, hashDigits);
}

function claimText({ claims }: Principal, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const text = Number.isSafeInteger(value) ? `${value}` : value;
  if (typeof text === 'string' && safeClaim.test(text)) return text;
  const reason = value === undefined ? 'the claim is missing' : 'the claim is not a safe name';
  throw new DoormanError('operation_denied', { detail: { reason, claim: name } });
}

function fill(part: TemplatePart, principal: Principal): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'principal':
      return principalHash(principal);
    case 'claim':
      return claimText(principal, part.name);
  }
}

/**
 * The whole environment of a child process that works for one principal.
 *
 * @param own the gateway's environment.
 * @throws DoormanError `operation_denied` where a claim is missing, or not made of letters, digits
 *   and `_ - . @` alone: what it would stand for could be somebody else's.
 */
export function childEnvironment(
  templates: Readonly<Record<string, EnvironmentTemplate>>,
  principal: Principal,
  own: Environment,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of inherited) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const [name, template] of Object.entries(templates)) {
    environment[name] = template.map((part) => fill(part, principal)).join('');
  }
  return environment;
}
