// Checks the signature of an EERP or NERP.
import { task } from '../src/pool/tasks.js';
import { verifyEndResponse } from '../src/security/end-response.js';

export default task<'verifyEndResponse'>(({ signature, expected, certificates }) =>
  verifyEndResponse(signature, expected, certificates),
);
