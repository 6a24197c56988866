/** Texts by number, in the order they were written. */
export interface Notes {
  all(): ReadonlyMap<number, string>;
  /** @returns the number of the new note. */
  add(text: string): number;
  /** @returns how many notes there were. */
  purge(): number;
  /** Replaces all notes by those of the start. */
  restore(): void;
}

const firstNotes = ['Water the plants', 'Call the locksmith', 'Renew the domain'];

/** A few notes in memory. */
export function createNotes(): Notes {
  const notes = new Map<number, string>();
  let last = 0;

  function add(text: string): number {
    last += 1;
    notes.set(last, text);
    return last;
  }

  function purge(): number {
    const { size } = notes;
    notes.clear();
    last = 0;
    return size;
  }

  function restore(): void {
    purge();
    for (const note of firstNotes) add(note);
  }

  restore();
  return { all: () => notes, add, purge, restore };
}
