// Signs an EERP or NERP.
import { task } from '../src/pool/tasks.js';
import { signEndResponse } from '../src/security/end-response.js';

export default task<'signEndResponse'>(({ fields, ...options }) => signEndResponse(fields, options));
