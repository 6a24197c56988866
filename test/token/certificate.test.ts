import { describe, expect, it } from 'vitest';
import { certificateThumbprint } from '../../src/token/certificate.ts';
import { asByteSequence, clientCertificate } from '../support/client-certificate.ts';

const { pem, thumbprint } = clientCertificate;
const sequence = asByteSequence(pem);

describe('certificateThumbprint', () => {
  it.each([
    ['the byte sequence of RFC 9440', sequence],
    ['white space around it', ` ${sequence} `],
    ['URL-encoded PEM, as nginx sends it', encodeURIComponent(pem)],
    ['URL-encoded PEM without a last line end', encodeURIComponent(pem.trim())],
    ['PEM with only its line ends encoded', pem.replaceAll('\n', '%0A')],
  ])('reads %s', async (_, value) => {
    expect(await certificateThumbprint(value)).toBe(thumbprint);
  });

  it.each([
    ['nothing', ''],
    ['two header lines', `${sequence}, ${sequence}`],
    ['a chain', encodeURIComponent(pem + pem)],
    ['base64 without its colons', sequence.slice(1, -1)],
    ['base64 of impossible length', ':AAAAA:'],
    ['base64url', ':a-b_:'],
    ['a broken escape', `${encodeURIComponent(pem)}%`],
    ['a private key', encodeURIComponent(pem.replaceAll('CERTIFICATE', 'PRIVATE KEY'))],
    ['a subject', 'CN=client.example'],
    ['a thumbprint', thumbprint],
    ['a parameter', `${sequence};a=1`],
  ])('reads nothing from %s', async (_, value) => {
    expect(await certificateThumbprint(value)).toBeNull();
  });

  it('gives another thumbprint for another certificate', async () => {
    const changed = sequence.replace('MIIBij', 'MIIBik');
    expect(await certificateThumbprint(changed)).not.toBe(thumbprint);
    expect(await certificateThumbprint(changed)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('refuses a header full of blanks at once', async () => {
    const started = performance.now();
    const hostile = `-----BEGIN CERTIFICATE-----${'%0A'.repeat(5_000)}`;
    expect(await certificateThumbprint(hostile)).toBeNull();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
