const firstModernRevision = '2026-07-28';

/** The revisions whose rules are enforced here, newest first. */
export const revisions: readonly string[] = [
  firstModernRevision,
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
];

/** What a client speaks that names no revision (MCP 2025-06-18, transports). */
export const unnamedRevision = '2025-03-26';

/** Whether a revision is of the stateless protocol that begins with MCP 2026-07-28. */
export function isModern(revision: string | null): boolean {
  return revision !== null && revision >= firstModernRevision;
}
