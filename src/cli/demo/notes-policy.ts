import type { PolicyDocument } from '../../policy/document.ts';

/** The demo's policy document: what each note tool needs. */
export const notesPolicy = {
  required: [],
  scopes: {
    'notes:read': { title: 'Read notes' },
    'notes:write': { implies: ['notes:read'], title: 'Write notes' },
    'notes:admin': { implies: ['notes:write'], title: 'Delete all notes', stepUp: true },
  },
  tools: [
    { match: ['notes_list', 'notes_get', 'notes_export'], scopes: ['notes:read'] },
    { match: 'notes_add', scopes: ['notes:write'] },
    { match: '*', scopes: ['notes:admin'] },
  ],
  resources: [{ match: 'notes://**', scopes: ['notes:read'] }],
  prompts: [{ match: '*', scopes: ['notes:read'] }],
  // What a step-up would permit is seen before it.
  listing: 'all',
} as const;

/** The same where the issuer can be asked: it has to confirm a token before every note is deleted. */
export const recheckedNotesPolicy: PolicyDocument = {
  ...notesPolicy,
  tools: [
    ...notesPolicy.tools.slice(0, -1),
    { match: '*', scopes: ['notes:admin'], introspect: true },
  ],
};

export const notesScopes: readonly string[] = Object.keys(notesPolicy.scopes);

/** What a first login is asked for: every scope but those marked for step-up. */
export const firstScopes: readonly string[] = Object.entries(notesPolicy.scopes)
  .filter(([, scope]) => !('stepUp' in scope))
  .map(([name]) => name);
