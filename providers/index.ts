import { generic } from './generic.ts';

/** The built-in adapters by name: the one list, from which everything else derives. */
export const providers: { readonly generic: typeof generic } = { generic: generic };
