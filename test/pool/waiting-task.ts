// A task over a file that ends only when it is aborted, with a part file written.
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { task } from '../../src/pool/tasks.js';
import { partPathOf } from '../../src/security/file-io.js';

export default task<'unwrapFile'>(async ({ target }, signal) => {
  writeFileSync(partPathOf(target), 'half');
  try {
    for (;;) {
      signal.throwIfAborted();
      await setTimeout(5);
    }
  } finally {
    rmSync(partPathOf(target));
  }
});
