/** Settings: certificates in the textual form. Programs use `Certificate.load` and the `certificate` properties. */
import { LINE, PASSPHRASE, type Setting, STORE } from './row.js';

/** Kinds of certificate stores, with the numbers of the reference. */
const STORE_TYPES = {
  user: 0,
  machine: 1,
  pfxFile: 2,
  pfxBlob: 3,
  jksFile: 4,
  jksBlob: 5,
  pemKeyFile: 6,
  pemKeyBlob: 7,
  publicKeyFile: 8,
  publicKeyBlob: 9,
  sshPublicKeyBlob: 10,
  p7bFile: 11,
  p7bBlob: 12,
  sshPublicKeyFile: 13,
  ppkFile: 14,
  ppkBlob: 15,
  xmlFile: 16,
  xmlBlob: 17,
  jwkFile: 18,
  jwkBlob: 19,
  bcfksFile: 21,
  bcfksBlob: 22,
  pkcs11: 23,
  auto: 99,
} as const;

export const CERTIFICATE_ROWS = {
  certificateType: {
    config: 'CertificateType',
    type: 'choice',
    default: 'all',
    choices: { all: 0, sessionAuthentication: 1, decryption: 2, signing: 3, receiptSigning: 4 },
    scope: 'connection',
    changes: 'always',
    effect:
      'The purpose that the next assignment of certificate, or of CertificateSubject, is for. A purpose without a ' +
      'certificate of its own uses the one for all.',
  },
  recipientCertificateType: {
    config: 'RecipientCertificateType',
    type: 'choice',
    default: 'all',
    choices: {
      all: 0,
      sessionAuthentication: 1,
      encryption: 2,
      signatureVerification: 3,
      receiptSignatureVerification: 4,
    },
    scope: 'connection',
    changes: 'always',
    effect: 'The purpose that the next assignment of recipientCertificate is for.',
  },
  certificateStoreType: {
    config: 'CertificateStoreType',
    type: 'choice',
    default: 'auto',
    choices: STORE_TYPES,
    scope: 'connection',
    changes: 'always',
    effect: 'What CertificateStore is; "auto" tells it from the content.',
    platform:
      'Stores of Windows and of Java cannot be opened: the error says how to export from them. Security keys ' +
      '(PKCS#11) need the optional package pkcs11js, which is compiled when it is installed.',
  },
  certificateStore: {
    config: 'CertificateStore',
    type: 'string',
    // As the reference has it: a store of Windows, which is never looked for by itself.
    default: 'MY',
    text: STORE,
    secret: true,
    scope: 'connection',
    changes: 'always',
    effect:
      'The store to take the own certificate from: the path of a file, or its content as text or base64; for ' +
      '"pkcs11" the path of the PKCS#11 module, or a URI such as "pkcs11:token=EDI?module-path=/path/of/module.so". ' +
      'The default stands for none.',
  },
  certificateStorePassword: {
    config: 'CertificateStorePassword',
    type: 'string',
    default: '',
    text: PASSPHRASE,
    secret: true,
    scope: 'connection',
    changes: 'always',
    effect: 'Password of CertificateStore, if it has one; for a security key its PIN.',
    danger: 'Reading the setting gives the password itself; messages and logs never contain it.',
  },
  certificateSubject: {
    config: 'CertificateSubject',
    type: 'string',
    default: '',
    text: LINE,
    scope: 'connection',
    changes: 'always',
    effect:
      'The certificate in CertificateStore: "*" for the first, a distinguished name, or a part of one. Setting it ' +
      'loads the certificate for the purpose that CertificateType says; set the other three before. It reads as the ' +
      'whole name of the certificate that this purpose has, blank where it has none.',
  },
  exchangeCertStoreType: {
    config: 'ExchangeCertStoreType',
    type: 'choice',
    default: 'publicKeyFile',
    choices: STORE_TYPES,
    scope: 'connection',
    changes: 'always',
    effect: 'What the path of exchangeCertificate is: a file with one certificate, or some other store.',
  },
  exchangeCertSubject: {
    config: 'ExchangeCertSubject',
    type: 'string',
    default: '',
    text: LINE,
    scope: 'connection',
    changes: 'always',
    effect:
      'The certificate that exchangeCertificate takes out of its path: a distinguished name, or a part of one. Blank ' +
      'for the first.',
  },
} as const satisfies Readonly<Record<string, Setting>>;
