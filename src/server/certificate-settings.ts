/** The certificate that the settings CertificateStore and its neighbours describe. */
import type { SettingName, SettingStore, SettingValues } from '../settings/settings.js';
import { Certificate } from './certificate.js';
import type { Keyring } from './certificates.js';

/**
 * Puts the certificate into the slot that CertificateType says; a blank subject, or one that nothing matches, empties
 * it. Called when CertificateSubject was set: until then the other settings may not be complete.
 *
 * @throws OFTPError 690 as `Certificate.load`
 */
export function loadConfigured(name: SettingName, store: SettingStore, keyring: Keyring): void {
  if (name !== 'certificateSubject') return;
  const { certificateType, certificateStoreType, certificateStore, certificateStorePassword } = store.values;
  const subject = store.values.certificateSubject;
  try {
    const certificate =
      subject === ''
        ? null
        : Certificate.loadSync({
            storeType: certificateStoreType,
            store: certificateStore,
            storePassword: certificateStorePassword,
            subject,
          });
    keyring.own.set(certificateType, certificate);
  } catch (error) {
    // What was there before is not the certificate that was asked for.
    keyring.own.set(certificateType, null);
    store.reset('certificateSubject');
    throw error;
  }
}

/** CertificateSubject as it is read: that of the certificate in use, however it got there. */
export function subjectInUse({ certificateType }: SettingValues, keyring: Keyring): string {
  return keyring.own.nearest(certificateType)[0]?.subject ?? '';
}

/** FileHashAlgorithm as it is read: the hash that it comes to. */
export function fileHashInUse({
  fileHashAlgorithm,
  defaultReceiptHashAlgorithm,
}: SettingValues): SettingValues['fileHashAlgorithm'] {
  return fileHashAlgorithm === 'receiptHash' ? defaultReceiptHashAlgorithm : fileHashAlgorithm;
}
