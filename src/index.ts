export { type ErrorCode, type ErrorRow, errorTable, type OAuthError } from './core/error-table.ts';
export { DoormanError, type DoormanErrorOptions } from './core/errors.ts';
export { isDoormanError } from './core/is-doorman-error.ts';
export type { IntrospectionClient, Validation } from './core/issuer.ts';
export {
  type Clock,
  type Digest,
  type Fetch,
  type Log,
  type LogFields,
  type Ports,
  type Store,
  systemPorts,
} from './core/ports.ts';
export type { AuthorityClaim, Grant } from './core/provider.ts';
export type { Scheme, SenderConstraint } from './core/sender-constraint.ts';
export type { StaticToken } from './core/static-token.ts';
export type {
  Claims,
  HintsOf,
  Operation,
  Principal,
  Target,
  ToolHints,
} from './core/types.ts';
export {
  createResourceServer,
  type ResourceServerOptions,
} from './library/create-resource-server.ts';
export type {
  CommonOptions,
  IssuerOptions,
  ProviderName,
  TokenOptions,
} from './library/issuer-options.ts';
export type { ResourceServer } from './library/resource-server.ts';
export { collectToolScopes, withScopes } from './library/tool-scopes.ts';
export type { AuthInfo } from './mcp/auth-info.ts';
export { type Message, readMessage } from './mcp/message.ts';
export {
  type Denial,
  type Listing,
  type PolicyDocument,
  PolicyDocumentError,
  type PolicyIssue,
  parsePolicyDocument,
  type ScopeEntry,
} from './policy/document.ts';
export type { ChallengeMode } from './policy/policy.ts';
export type { RuleEntry, ToolRuleEntry } from './policy/rule-entry.ts';
export type { ToolScopes } from './policy/tool-scopes.ts';
export type { Admitted, Transport } from './resource-server.ts';
export { createMemoryStore } from './store/memory.ts';
