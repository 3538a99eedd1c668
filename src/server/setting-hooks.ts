import { codePageProblem } from '../files/code-pages.js';
import { datePatternProblem } from '../files/date-pattern.js';
import { templateProblem } from '../files/template.js';
import { switchFips, usesFips } from '../security/fips.js';
import type { SettingValues, StoreHooks } from '../settings/settings.js';
import { accessListProblem } from '../transport/access-list.js';
import { TLS_CHECKS } from '../transport/tls/checks.js';
import { fileHashInUse, subjectInUse } from './certificate-settings.js';
import type { Keyring } from './certificates.js';

/** What the settings of servers and clients need to know beyond their table. */
export function endpointHooks(
  values: () => SettingValues,
  keyring: Keyring,
): Pick<Required<StoreHooks>, 'live' | 'checks'> {
  return {
    live: {
      certificateSubject: () => subjectInUse(values(), keyring),
      fileHashAlgorithm: () => fileHashInUse(values()),
      useFipsCompliantApi: usesFips,
    },
    checks: {
      receivedFileNameFormat: templateProblem,
      virtualFileDateFormat: datePatternProblem,
      allowedClients: accessListProblem,
      blockedClients: accessListProblem,
      codePage: codePageProblem,
      ...TLS_CHECKS,
      // The only way to find out whether it can be set is to set it.
      useFipsCompliantApi: switchFips,
    },
  };
}
