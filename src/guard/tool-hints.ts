import type { Clock } from '../core/ports.ts';
import type { HintsOf, Principal, ToolHints } from '../core/types.ts';
import type { Message } from '../mcp/message.ts';
import { decide } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import type { Transport } from './refuse.ts';

/** A request, as far as it has been read. */
export interface Asked {
  readonly request: Request;
  readonly principal: Principal;
  /** `null` for GET and DELETE. */
  readonly message: Message | null;
  readonly revision: string | null;
  /** The session it is part of, which is this principal's; `null` for none. */
  readonly session: string | null;
  readonly transport: Transport;
}

/** A call whose tool the policy judges by what the server says of it. */
export type ToolCall = Asked & { readonly message: Message };

/**
 * Asks the MCP server for its whole list of tools, as the caller of `call` would get it.
 *
 * @throws DoormanError `upstream_*` where the list cannot be had; the call is refused then
 */
export type DescribeTools = (call: ToolCall) => Promise<ReadonlyMap<string, ToolHints>>;

export interface ToolHintsMemory {
  /**
   * Finds out what the policy needs to know of the tools that a request calls, and asks the server
   * where it has not told. It is never asked for a request that would be refused anyway.
   *
   * @throws whatever the asking throws
   */
  learn(asked: Asked): Promise<HintsOf | undefined>;
  /** Takes note of a tool in a list that passes on its way to a caller. */
  note(caller: string, tool: string, hints: ToolHints): void;
  /** The server says that its tools have changed. */
  forget(): void;
}

/** What one caller has been told. */
interface Told {
  readonly at: number;
  readonly tools: Map<string, ToolHints>;
  /** Whether a tool that is not there is not in the server's list either. */
  readonly complete: boolean;
}

const lifeMs = 60_000;
const mostCallers = 500;
const mostTools = 10_000;

/** Lists may differ from user to user and from session to session. */
export function callerKey(
  { issuer, subject, clientId }: Principal,
  session: string | null,
): string {
  return JSON.stringify([issuer, subject, clientId, session]);
}

/**
 * Remembers for a minute what an MCP server says of its tools, for policies with rules by
 * annotation. A server is asked once for all calls of a caller that come meanwhile.
 *
 * @param describeTools without it only lists that pass are learnt from.
 */
export function createToolHints(
  policy: Policy,
  clock: Clock,
  describeTools: DescribeTools | null,
): ToolHintsMemory {
  const memory = new Map<string, Told>();
  const asking = new Map<string, Promise<Told>>();

  function recall(caller: string): Told | null {
    const told = memory.get(caller);
    return told !== undefined && clock.monotonic() - told.at < lifeMs ? told : null;
  }

  function remember(caller: string, told: Told): Told {
    memory.delete(caller);
    memory.set(caller, told);
    const [oldest] = memory.keys();
    if (memory.size > mostCallers && oldest !== undefined) memory.delete(oldest);
    return told;
  }

  function ask(caller: string, describe: DescribeTools, call: ToolCall): Promise<Told> {
    const at = clock.monotonic();
    const answer: Promise<Told> = describe(call)
      .then((tools) => {
        const told = { at, tools: new Map(tools), complete: true };
        // The server may have said meanwhile that its tools have changed.
        return asking.get(caller) === answer ? remember(caller, told) : told;
      })
      .finally(() => {
        if (asking.get(caller) === answer) asking.delete(caller);
      });
    asking.set(caller, answer);
    return answer;
  }

  /** The tools that only hints tell how to judge, if all else is permitted. */
  function inQuestion({ operation }: Message, principal: Principal): readonly string[] {
    const names = operation.targets
      .filter(({ type, name }) => type === 'tool' && policy.sections.tool?.dependsOnHints(name))
      .map(({ name }) => name);
    if (names.length === 0) return [];
    return decide(principal, { ...operation, targets: [] }, policy).allowed ? names : [];
  }

  async function learn({ message, ...asked }: Asked): Promise<HintsOf | undefined> {
    const names = message === null ? [] : inQuestion(message, asked.principal);
    if (message === null || names.length === 0) return undefined;
    const caller = callerKey(asked.principal, asked.session);
    let told = recall(caller);
    const known = told?.complete || names.every((name) => told?.tools.has(name));
    if (!known && describeTools !== null) {
      told = await (asking.get(caller) ?? ask(caller, describeTools, { ...asked, message }));
    }
    return (name) => told?.tools.get(name) ?? null;
  }

  return {
    learn,
    note(caller, tool, hints) {
      const told =
        recall(caller) ??
        remember(caller, { at: clock.monotonic(), tools: new Map(), complete: false });
      if (told.tools.has(tool) || told.tools.size < mostTools) told.tools.set(tool, hints);
    },
    forget() {
      memory.clear();
      asking.clear();
    },
  };
}
