// Signs, compresses and encrypts a file.
import { task } from '../src/pool/tasks.js';
import { protectFile } from '../src/security/files.js';

export default task<'protectFile'>((input, signal) => protectFile({ ...input, signal }));
