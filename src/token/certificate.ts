import { sha256Base64Url } from './sha256.ts';

/** A structured-field byte sequence, RFC 9440 section 2.1 and RFC 8941 section 3.3.5. */
const byteSequence = /^:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * PEM after URL decoding, as nginx (`$ssl_client_escaped_cert`) and others send it. Blanks have one
 * place to match in, or a header full of them would take minutes to refuse.
 */
const pem = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----$/;

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, '')), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

function decodePem(value: string): string | undefined {
  try {
    return pem.exec(decodeURIComponent(value).trim())?.[1];
  } catch {
    return undefined;
  }
}

/**
 * The `x5t#S256` thumbprint (RFC 8705 section 3.1) of a certificate in a header: DER as `:base64:`
 * (RFC 9440 `Client-Cert`), or one URL-encoded PEM block. Several certificates, and so several
 * header lines, are refused.
 *
 * Not checked: the certificate. The TLS end that handed it over did that, and a thumbprint that
 * equals the token's needs no more.
 *
 * @returns `null` for a value of neither form.
 */
export async function certificateThumbprint(value: string): Promise<string | null> {
  const text = byteSequence.exec(value.trim())?.[1] ?? decodePem(value.trim());
  const der = text === undefined ? null : decodeBase64(text);
  return der === null ? null : sha256Base64Url(der);
}
