export { DoormanError, type ErrorCode, type ErrorRow, errorTable } from './core/errors.ts';
export type { IntrospectionClient, Validation } from './core/issuer.ts';
export {
  type Clock,
  type Fetch,
  type Log,
  type Ports,
  type Store,
  systemPorts,
} from './core/ports.ts';
export type { SenderConstraint } from './core/sender-constraint.ts';
export type { StaticToken } from './core/static-token.ts';
export type { Claims, Operation, Principal, Target } from './core/types.ts';
export {
  createResourceServer,
  type ResourceServerOptions,
} from './library/create-resource-server.ts';
export type { IssuerOptions, ProviderName, TokenOptions } from './library/issuer-options.ts';
export { type PolicyDocument, parsePolicyDocument } from './policy/document.ts';
export type { ChallengeMode } from './policy/policy.ts';
export type { Admitted, ResourceServer } from './resource-server.ts';
export { createMemoryStore } from './store/memory.ts';
