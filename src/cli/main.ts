#!/usr/bin/env node
import { run } from './run.ts';

// Whoever reads no further, such as `head`, ends the program without a word.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});

process.exitCode = await run(process.argv.slice(2), process);
