const firstModernRevision = '2026-07-28';

/** Whether a revision is of the stateless protocol that begins with MCP 2026-07-28. */
export function isModern(revision: string | null): boolean {
  return revision !== null && revision >= firstModernRevision;
}
