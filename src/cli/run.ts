import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/problem.ts';
import { settingDescriptions } from '../config/settings.ts';
import type { Environment, SettingTexts } from '../config/sources.ts';
import type { DemoFlags } from './demo-command.ts';
import { serve } from './serve.ts';
import type { TokenFlags } from './token-command.ts';
import { version } from './version.ts';

/** What a run of the command line touches. */
export interface RunEnvironment {
  readonly env: Environment;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WritableStream;
}

const misconfigured = 2;

function serveFlags(command: Command): void {
  for (const { flag, placeholder, env, help, default: initial } of settingDescriptions) {
    if (flag === null) continue;
    const origin = initial === null ? env : `${env}, default ${initial}`;
    command.option(`${flag} <${placeholder}>`, `${help} [${origin}]`);
  }
  command.option('--insecure-no-auth', 'With --enabled false on loopback: no protection at all.');
  command.addHelpText('after', () => secretsHelp(command));
}

/** The settings that have no flag, in the form of the others. */
function secretsHelp(command: Command): string {
  const secrets = settingDescriptions.filter(({ flag }) => flag === null);
  const width = Math.max(...secrets.map(({ env }) => env.length));
  const help = command.createHelp();
  help.prepareContext({ helpWidth: command.configureOutput().getOutHelpWidth?.() ?? 80 });
  const items = secrets.map(({ env, help: text }) => help.formatItem(env, width, text, help));
  return ['', 'Secrets, which have a variable and no flag:', ...items].join('\n');
}

type ServeFlags = SettingTexts & { readonly insecureNoAuth?: boolean };

/** What stands before the first `--`, and behind it the command that starts the MCP server. */
function splitCommand(argv: readonly string[]) {
  const split = argv.indexOf('--');
  if (split === -1) return { own: argv, command: null };
  return { own: argv.slice(0, split), command: argv.slice(split + 1) };
}

function commandLine(
  { env, stdout, stderr }: RunEnvironment,
  command: readonly string[] | null,
  finish: (code: number) => void,
): Command {
  const program = new Command('mcp-doorman')
    .description('Stands in front of an MCP server as its OAuth 2.1 resource server.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // A secret has no flag, but somebody may try one: its value is not repeated.
      writeErr: (text) => stderr.write(text.replace(/(unknown option '[^=']*)=.*'/s, "$1'")),
    })
    .enablePositionalOptions();
  serveFlags(program);
  program.argument('[operands...]').usage('[options] [-- program [arguments]]');
  program.action(async (operands: string[], { insecureNoAuth = false, ...flags }: ServeFlags) => {
    checkUsage(operands, flags);
    finish(await serve({ env, flags, insecureNoAuth, command }, stdout));
  });
  program.hook('preAction', (_program, action) => {
    if (command === null || action === program) return;
    throw new ConfigError([
      { source: '--', message: `is not for ${action.name()}: it starts no server.` },
    ]);
  });
  program
    .command('demo')
    .description('Shows it all on this machine: an identity provider, an MCP server and a client.')
    .option('--exit', 'leave after the walk instead of staying up')
    .option('--port <port>', 'port of the gateway; a free one unless given')
    .option('--idp-port <port>', 'port of the identity provider; a free one unless given')
    .option('--tokens <format>', 'jwt unless given, or opaque: the gateway then introspects them')
    .option('--dpop', 'bind the tokens to a key of the client (RFC 9449)')
    .action(async (flags: DemoFlags) => {
      const { demo } = await import('./demo-command.ts');
      finish(await demo(flags, { env, stdout }));
    });
  program
    .command('token')
    .description('Makes a static token, prints it once, and keeps only its hash.')
    .requiredOption('--name <name>', 'whose token it is, for logs and the policy')
    .requiredOption('--scopes <scopes>', 'what it may do, separated by spaces; "" for no scope')
    .option('--expires <date>', 'when it ends, such as 2027-01-31 or 2027-01-31T08:00:00Z')
    .option('--file <path>', 'file of MCP_OAUTH_STATIC_TOKENS_FILE to add its hash to')
    .action(async (flags: TokenFlags) => {
      const { makeToken } = await import('./token-command.ts');
      finish(makeToken(flags, { stdout, stderr }));
    });
  return program;
}

/** Says in the product's own words what the option parser would only count. */
function checkUsage(operands: readonly string[], flags: SettingTexts): void {
  const problems = settingDescriptions.flatMap(({ name, flag, placeholder }) =>
    flag !== null && flags[name]?.startsWith('--')
      ? [{ source: flag, message: `needs a <${placeholder}>.` }]
      : [],
  );
  const [operand] = operands;
  if (operand !== undefined && problems.length === 0) {
    const message =
      'is no command; there are demo and token. To protect a server give its URL as --upstream <url>, or its command behind --.';
    problems.push({ source: operand, message });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What to do about an address that cannot be had. */
const addressAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use; choose another port with --port',
  EACCES: 'may not be used by this user; choose a port from 1024 on with --port',
  EADDRNOTAVAIL: 'is not an address of this machine; choose another with --host',
  ENOTFOUND: 'is not known; choose another address with --host',
};

function explain(error: unknown): string {
  if (!(error instanceof ConfigError)) {
    if (!(error instanceof Error)) return String(error);
    const { code = '', address, hostname, port } = error as Error & Record<string, string>;
    const advice = addressAdvice[code];
    if (advice === undefined) return error.message;
    return `${[address ?? hostname, port].filter(Boolean).join(':')} ${advice} (${code}).`;
  }
  const lines = error.problems.map(({ source, message }) => `  ${source}: ${message}`);
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  return [`The configuration has ${count}; nothing was started.`, ...lines].join('\n');
}

/**
 * Runs one command line.
 *
 * @param argv arguments after the program's name.
 * @returns the exit code: 0 done, 1 failed at work, 2 wrong usage or configuration.
 */
export async function run(argv: readonly string[], environment: RunEnvironment): Promise<number> {
  let exitCode = 0;
  const { own, command } = splitCommand(argv);
  const program = commandLine(environment, command, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...own], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misconfigured;
    environment.stderr.write(`${explain(error)}\n`);
    return error instanceof ConfigError ? misconfigured : 1;
  }
}
