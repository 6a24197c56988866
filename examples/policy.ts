import type { PolicyDocument } from 'mcp-doorman';

/** `whoami` for everybody who may read, `purge` after a step-up. */
export const policy: PolicyDocument = {
  scopes: { 'notes:admin': { stepUp: true } },
  tools: [
    { match: 'whoami', scopes: ['notes:read'] },
    { match: 'purge', scopes: ['notes:admin'] },
  ],
};
