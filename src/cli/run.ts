import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/problem.ts';
import { settingDescriptions } from '../config/settings.ts';
import type { Environment, SettingTexts } from '../config/sources.ts';
import type { DemoFlags } from './demo-command.ts';
import { serve } from './serve.ts';
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
    const origin = initial === null ? env : `${env}, default ${initial}`;
    command.option(`${flag} <${placeholder}>`, `${help} [${origin}]`);
  }
  command.option('--insecure-no-auth', 'With --enabled false on loopback: no protection at all.');
}

type ServeFlags = SettingTexts & { readonly insecureNoAuth?: boolean };

function commandLine(
  { env, stdout, stderr }: RunEnvironment,
  finish: (code: number) => void,
): Command {
  const program = new Command('mcp-doorman')
    .description('Stands in front of an MCP server as its OAuth 2.1 resource server.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .enablePositionalOptions();
  serveFlags(program);
  program.action(async ({ insecureNoAuth = false, ...flags }: ServeFlags) => {
    finish(await serve({ env, flags, insecureNoAuth }, stdout));
  });
  program
    .command('demo')
    .description('Shows it all on this machine: an identity provider, an MCP server and a client.')
    .option('--exit', 'leave after the walk instead of staying up')
    .option('--port <port>', 'port of the gateway; a free one unless given')
    .option('--idp-port <port>', 'port of the identity provider; a free one unless given')
    .action(async (flags: DemoFlags) => {
      const { demo } = await import('./demo-command.ts');
      finish(await demo(flags, { env, stdout }));
    });
  return program;
}

function explain(error: unknown): string {
  if (!(error instanceof ConfigError)) {
    return error instanceof Error ? error.message : String(error);
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
  const program = commandLine(environment, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has written its own message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misconfigured;
    environment.stderr.write(`${explain(error)}\n`);
    return error instanceof ConfigError ? misconfigured : 1;
  }
}
