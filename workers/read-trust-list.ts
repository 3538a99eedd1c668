// Reads a trust-service status list and checks its signature.
import { task } from '../src/pool/tasks.js';
import { readTrustList } from '../src/security/trust/trust-list.js';

export default task<'readTrustList'>((question) => readTrustList(question));
