import { createPrivateKey } from 'node:crypto';
import type { IntrospectionClient } from '../core/issuer.ts';
import type { IssuerInput } from './issuer-input.ts';
import { type ReadFile, readTextFile } from './yaml-file.ts';

/** Whether a text is a private key that can sign: a JWK, or PKCS #8 in PEM. Says nothing about it. */
function isPrivateKey(text: string): boolean {
  try {
    if (text.trimStart().startsWith('{')) {
      createPrivateKey({ key: JSON.parse(text), format: 'jwk' });
    } else {
      createPrivateKey({ key: text, format: 'pem' });
      return text.includes('-----BEGIN PRIVATE KEY-----');
    }
    return true;
  } catch {
    return false;
  }
}

function readSecret(input: IssuerInput, readFile: ReadFile): string | null {
  const { clientSecret, clientSecretFile } = input.settings;
  if (clientSecret !== undefined && clientSecretFile !== undefined) {
    input.complain(
      'clientSecretFile',
      'cannot be combined with MCP_OAUTH_CLIENT_SECRET. Remove one of them',
    );
  }
  if (clientSecretFile === undefined) return clientSecret ?? null;
  const text = input.attempt(() =>
    readTextFile(clientSecretFile, input.origin('clientSecretFile'), readFile),
  );
  if (text === null) return null;
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() === '')
    input.complain('clientSecretFile', `names ${clientSecretFile}, which is empty`);
  return secret;
}

/**
 * Our own client at an issuer, whose parts must be there together or not at all. No message ever
 * holds the secret or anything of it.
 */
export function readClient(input: IssuerInput, readFile: ReadFile): IntrospectionClient | null {
  const { clientId, clientAuth, clientSecret, clientSecretFile, introspectionUri } = input.settings;
  const { complain, label } = input;
  const method = clientAuth ?? 'client_secret_basic';
  const hasSecret = clientSecret !== undefined || clientSecretFile !== undefined;
  const secret = readSecret(input, readFile);
  if (clientId === undefined) {
    const dependents = {
      [label('clientSecret')]: clientSecret,
      [label('clientSecretFile')]: clientSecretFile,
      [label('clientAuth')]: clientAuth,
      [label('introspectionUri')]: introspectionUri,
    };
    const [dependent] = Object.entries(dependents).find(([, value]) => value !== undefined) ?? [];
    if (dependent !== undefined) complain('clientId', `is not set, but ${dependent} needs it`);
    return null;
  }
  if (!hasSecret) {
    const what = method === 'private_key_jwt' ? 'private key' : 'secret';
    const way =
      input.secretName === 'clientSecret'
        ? `Give the ${what} here, or name its file in MCP_OAUTH_CLIENT_SECRET_FILE`
        : `Name the file that holds the ${what}`;
    complain(
      input.secretName,
      `is not set, but the client ${JSON.stringify(clientId)} needs it. ${way}`,
    );
  }
  if (secret === null) return null;
  if (method === 'private_key_jwt' && !isPrivateKey(secret)) {
    const name = clientSecretFile === undefined ? 'clientSecret' : 'clientSecretFile';
    complain(
      name,
      `holds no private key as JWK or PKCS #8 PEM, which ${label('clientAuth')}=private_key_jwt needs`,
    );
  }
  return { clientId, method, secret };
}
