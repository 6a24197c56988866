// Next.js: app/mcp/route.ts, and GET once more in app/.well-known/oauth-protected-resource/mcp/route.ts
import { createResourceServer } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/fetch';
import { notes } from './notes-v2.ts';
import { policy } from './policy.ts';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });
const handler = doorman(resourceServer, (request, { authInfo }) =>
  notes.fetch(request, { authInfo }),
);

export { handler as DELETE, handler as GET, handler as OPTIONS, handler as POST };
