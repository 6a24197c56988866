const loopbackAddress = /^127(?:\.\d{1,3}){3}$/;

/** Whether a host name or address, an IPv6 one with or without brackets, means this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || loopbackAddress.test(bare);
}
