/** Which certificates a session uses, out of the slots of its connection and of its server or client. */
import type { Identities } from '../session/identities.js';
import { type Certificate, privateKeyOf } from './certificate.js';
import type { Keyring, Resolved } from './certificates.js';

export function identitiesOf({ own, recipient }: Keyring, challengeCipher: Identities['challengeCipher']): Identities {
  return {
    authentication: own.resolve('sessionAuthentication').certificates.flatMap(keyOf),
    decryption: own.resolve('decryption').certificates.flatMap(keyOf),
    signing: present(own.resolve('signing')).flatMap(keyOf),
    receiptSigning: own.resolve('receiptSigning').certificates.flatMap(keyOf)[0],
    recipientAuthentication: recipient.resolve('sessionAuthentication').certificates[0]?.encoded,
    encryption: present(recipient.resolve('encryption')).map(encodedOf),
    signatureVerification: recipient.resolve('signatureVerification').certificates.map(encodedOf),
    receiptVerification: recipient.resolve('receiptSignatureVerification').certificates.map(encodedOf),
    challengeCipher,
  };
}

/**
 * What new files are made with. Of certificates for all purposes that is the present one: the previous one is there to
 * decrypt and to verify what is still under way. Who wants several names them for this very purpose.
 */
function present({ certificates, dedicated }: Resolved): readonly Certificate[] {
  return dedicated ? certificates : certificates.slice(0, 1);
}

function keyOf(certificate: Certificate) {
  const key = privateKeyOf(certificate);
  return key === undefined ? [] : [{ certificate: certificate.encoded, key }];
}

const encodedOf = ({ encoded }: Certificate): Uint8Array => encoded;
