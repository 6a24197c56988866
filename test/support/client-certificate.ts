/** A self-signed certificate of a client, and its SHA-256 as OpenSSL computes it. */
export const clientCertificate = {
  pem: `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUZSKXKL5c7wFrGabM84akW+iXusQwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOY2xpZW50LmV4YW1wbGUwIBcNMjYxMTIxMDkyNTMzWhgPMjEy
NjEwMjgwOTI1MzNaMBkxFzAVBgNVBAMMDmNsaWVudC5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEYlLf/TYbQVVpsLWTkm/RAsO6YBoRy0Z5KhGn8iDv
G5YlStLxehRdeuzG1f4Px4RMPshCn+hxWpt1BqKGgylJ0qNTMFEwHQYDVR0OBBYE
FCa17Qrc3PCsVq0LTxfn5HPlZTwpMB8GA1UdIwQYMBaAFCa17Qrc3PCsVq0LTxfn
5HPlZTwpMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIt8XMch
Bo0l969wDhyOQ51PzzbM2ywU4v7D2uL4q32AAiEAvlcKnNc9NwhK5qludPg2g+3W
NjrT07bLmjdPFhb/9LM=
-----END CERTIFICATE-----
`,
  thumbprint: 'JspbVaZWc-7xTVvIGGIh9g7nrYV4QKruK7nx2KQII38',
} as const;

/** As RFC 9440 writes a certificate into a header. */
export function asByteSequence(pem: string): string {
  return `:${pem.replace(/-----[A-Z ]+-----|\s/g, '')}:`;
}
