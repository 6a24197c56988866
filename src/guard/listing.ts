import type { Operation, Principal, Target } from '../core/types.ts';
import type { Listed } from '../mcp/list-reader.ts';
import { filterListing } from '../mcp/listing.ts';
import { decide } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import { callerKey, type ToolHintsMemory } from './tool-hints.ts';

/** Who reads an answer. */
export interface Reader {
  readonly principal: Principal;
  readonly session: string | null;
}

/** What lists show under one policy. */
export interface Listing {
  /** Whether answers have to be read at all. */
  readonly reads: boolean;
  /**
   * Leaves out of one message what its reader may not use. A resource template is judged by its
   * text, as completion judges it.
   *
   * @returns `null` for a text that cannot be passed on.
   */
  filter(text: string, reader: Reader): string | null;
}

/** Whoever lists something wants to use it so. */
const uses: Readonly<Record<Target['type'], string>> = {
  tool: 'tools/call',
  prompt: 'prompts/get',
  resource: 'resources/read',
};

const toolsChanged = /notifications\\?\/tools\\?\/list_changed/;

function useOf({ type, name }: Listed): Operation {
  const targets = [{ type, name }];
  return { kind: 'request', method: uses[type], known: true, targets, task: null };
}

/**
 * Makes what lists show: an item stays if using it would be permitted right now.
 *
 * @param hints where lists are to be learnt from; `null` where no rule reads annotations.
 */
export function createListing(policy: Policy, hints: ToolHintsMemory | null): Listing {
  const { listing, sections, methods } = policy;
  const ruled = methods.length > 0 || Object.values(sections).some((section) => section !== null);
  const reads = ruled && (listing === 'permitted' || hints !== null);

  return {
    reads,
    filter(text, { principal, session }) {
      if (!reads) return text;
      if (toolsChanged.test(text)) hints?.forget();
      const caller = hints === null ? '' : callerKey(principal, session);
      const filtered = filterListing(text, (item) => {
        if (item.hints !== null) hints?.note(caller, item.name, item.hints);
        return decide(principal, useOf(item), policy, () => item.hints).allowed;
      });
      return listing === 'all' ? text : filtered;
    },
  };
}
