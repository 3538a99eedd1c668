// What a certificate may be used for (RFC 5280 §4.2.1.3, §4.2.1.12).
import { type CertificateFacts, KEY_USAGE } from './facts.js';
import type { Problem } from './problem.js';
import type { Purpose } from './purpose.js';

interface Rule {
  readonly words: string;
  /** Any of these bits will do. */
  readonly keyUsage: readonly number[];
  /** OFTP has none of its own, so that for files and sessions any will do. */
  readonly extended?: { readonly id: string; readonly name: string };
}

const { digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement } = KEY_USAGE;

const RULES: Readonly<Record<Purpose, Rule>> = {
  encryption: { words: 'to encrypt for it', keyUsage: [keyEncipherment, dataEncipherment, keyAgreement] },
  signing: { words: 'to sign', keyUsage: [digitalSignature, nonRepudiation] },
  tlsClient: {
    words: 'as a TLS client',
    keyUsage: [digitalSignature, keyAgreement],
    extended: { id: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' },
  },
  tlsServer: {
    words: 'as a TLS server',
    keyUsage: [digitalSignature, keyEncipherment, keyAgreement],
    extended: { id: '1.3.6.1.5.5.7.3.1', name: 'serverAuth' },
  },
};

const ANY_EXTENDED = '2.5.29.37.0';

/** Why the certificate must not be used for the purpose. */
export function usageProblems(facts: CertificateFacts, purpose: Purpose): Problem[] {
  const { words, keyUsage, extended } = RULES[purpose];
  const problems: Problem[] = [];
  if (facts.keyUsage !== undefined && !keyUsage.some((bit) => facts.keyUsage?.has(bit))) {
    problems.push({ kind: 'keyUsage', message: `the key usage of "${facts.subject}" does not allow it ${words}` });
  }
  const purposes = facts.extendedKeyUsage;
  if (extended && purposes && !purposes.includes(extended.id) && !purposes.includes(ANY_EXTENDED)) {
    const message = `the extended key usage of "${facts.subject}" does not allow it ${words} (${extended.name})`;
    problems.push({ kind: 'extendedKeyUsage', message });
  }
  return problems;
}
