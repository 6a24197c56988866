import type { Realm } from './realm.ts';

interface KeyProvider {
  readonly id: string;
  readonly providerId: string;
  readonly config: Readonly<Record<string, readonly string[]>>;
}

/** The keys that sign a realm's tokens, as its administrator changes them. */
export interface SigningKeys {
  /** Publishes one more key, which signs from now on. */
  add(): Promise<void>;
  /** The first key signs no more, but stays published. */
  retireFirst(): Promise<void>;
  /** Unpublishes the first key. */
  removeFirst(): Promise<void>;
}

const keyProvider = 'org.keycloak.keys.KeyProvider';

export async function signingKeys(realm: Realm): Promise<SigningKeys> {
  const about = (await (await realm.admin('GET', '')).json()) as { id: string };
  const query = new URLSearchParams({ parent: about.id, type: keyProvider });
  const listed = await realm.admin('GET', `/components?${query}`);
  const first = ((await listed.json()) as KeyProvider[]).find(
    ({ providerId }) => providerId === 'rsa-generated',
  );
  if (!first) throw new Error(`realm ${realm.name} has no RSA key`);
  let priority = 100;
  return {
    async add() {
      priority += 100;
      await realm.admin('POST', '/components', {
        name: `rsa-${priority}`,
        providerId: 'rsa-generated',
        providerType: keyProvider,
        parentId: about.id,
        config: {
          priority: [`${priority}`],
          enabled: ['true'],
          active: ['true'],
          keySize: ['2048'],
          algorithm: ['RS256'],
        },
      });
      // Keycloak makes the key when it is first asked for it, and takes its time.
      await fetch(`${realm.issuer}/protocol/openid-connect/certs`);
    },
    async retireFirst() {
      const config = { ...first.config, active: ['false'] };
      await realm.admin('PUT', `/components/${first.id}`, { ...first, config });
    },
    async removeFirst() {
      await realm.admin('DELETE', `/components/${first.id}`);
    },
  };
}
