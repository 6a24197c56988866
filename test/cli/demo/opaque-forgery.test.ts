import { describe, expect, it } from 'vitest';
import { forgeOpaqueTokens } from '../../../src/cli/demo/opaque-forgery.ts';

describe('forgeOpaqueTokens', () => {
  it.each(['kQ3rZp0dXbWmkQ3rZp0dXbWmA', 'kQ3rZp0dXbWmkQ3rZp0dXbWmB'])(
    'never hands out the real token %s',
    (token) => {
      const forged = forgeOpaqueTokens(token, 'refresh-token').map((forgery) => forgery.token);
      expect(forged).toHaveLength(4);
      expect(new Set([...forged, token]).size).toBe(5);
      expect(forged[0]).toHaveLength(token.length);
      expect(forged[2]?.slice(0, -1)).toBe(token.slice(0, -1));
      expect(forged[3]).toBe('refresh-token');
    },
  );
});
