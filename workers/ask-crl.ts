// Looks a certificate up in a revocation list.
import { task } from '../src/pool/tasks.js';
import { askCrl } from '../src/security/trust/crl.js';

export default task<'askCrl'>((question) => askCrl(question));
