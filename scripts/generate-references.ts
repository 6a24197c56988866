import { writeFileSync } from 'node:fs';
import { references } from './references.ts';

for (const [path, text] of Object.entries(references())) {
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(`wrote ${path}`);
}
