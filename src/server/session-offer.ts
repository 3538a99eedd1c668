import type { Level } from '../protocol/commands/version.js';
import type { Mode } from '../protocol/machine/variables.js';
import type { SessionOffer } from '../protocol/negotiate.js';
import type { SettingValues } from '../settings/settings.js';

const MODES: Readonly<Record<SettingValues['connectionType'], Mode>> = { both: 'B', sender: 'S', receiver: 'R' };

/** The own SSID as the settings of a connection say. `asked`: the peer has asked for secure authentication. */
export function offerFrom(settings: SettingValues, level: Level, asked = false): SessionOffer {
  const { secureAuthentication } = settings;
  return {
    level,
    code: settings.serverSsidCode,
    password: settings.serverPassword,
    mode: MODES[settings.connectionType],
    bufferSize: settings.exchangeBufferSize,
    credit: settings.creditCount,
    compression: settings.bufferCompression,
    restart: settings.restart,
    authentication: secureAuthentication === 'required' || (asked && secureAuthentication === 'automatic'),
    user: '',
  };
}
