import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Environment } from '../config/sources.ts';
import { createLogger, logDestination } from '../observe/logger.ts';
import type { GatewaySettings, StartGateway } from './demo/demo.ts';
import type { TokenFormat } from './demo/idp.ts';
import { startGateway } from './listen.ts';

export interface DemoFlags {
  readonly exit?: true;
  readonly port?: string;
  readonly idpPort?: string;
  readonly tokens?: string;
  readonly dpop?: true;
}

const policyFile = 'demo-policy.json';
const optionalPackages = [
  'oidc-provider',
  '@modelcontextprotocol/client',
  '@modelcontextprotocol/server',
];

/** The demo's gateway is configured the way every other one is. */
const startDemoGateway: StartGateway = async (settings: GatewaySettings) => {
  const { introspector } = settings;
  const config = loadConfig({
    env: introspector ? { MCP_OAUTH_CLIENT_SECRET: introspector.clientSecret } : {},
    flags: {
      issuer: settings.issuer,
      resource: settings.resource,
      upstream: settings.upstream,
      port: `${settings.port}`,
      allowedOrigins: settings.allowedOrigins.join(' '),
      policyFile,
      ...(introspector && { clientId: introspector.clientId }),
      ...(settings.dpop && { dpop: 'required' }),
    },
    insecureNoAuth: false,
    readFile: () => JSON.stringify(settings.policy),
  });
  const log = createLogger('error', await logDestination(process.stderr.isTTY));
  const gateway = await startGateway(config, log);
  return { url: gateway.url, close: () => gateway.close(0) };
};

function portOf(text: string | undefined, flag: string): { port?: number } {
  if (text === undefined) return {};
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return { port };
  throw new ConfigError([{ source: flag, message: 'must be 0 to 65535.' }]);
}

function tokenFormatOf(text = 'jwt'): TokenFormat {
  if (text === 'jwt' || text === 'opaque') return text;
  throw new ConfigError([{ source: '--tokens', message: 'must be jwt or opaque.' }]);
}

/** `mcp-doorman demo`; what only it needs is loaded here and nowhere else. */
export async function demo(
  flags: DemoFlags,
  { env, stdout }: { env: Environment; stdout: NodeJS.WriteStream },
): Promise<number> {
  const { port } = portOf(flags.port, '--port');
  const { port: idpPort } = portOf(flags.idpPort, '--idp-port');
  const tokens = tokenFormatOf(flags.tokens);
  const { runDemo } = await import('./demo/demo.ts').catch((cause: unknown) => {
    throw new Error(`The demo needs optional packages: npm install ${optionalPackages.join(' ')}`, {
      cause,
    });
  });
  return runDemo({
    exit: flags.exit ?? false,
    tokens,
    dpop: flags.dpop ?? false,
    ...(port !== undefined && { port }),
    ...(idpPort !== undefined && { idpPort }),
    stdout,
    env,
    startGateway: startDemoGateway,
  });
}
