import { SETTINGS, type SettingName } from '../settings/table.js';
import { CAN_SET_PROBES, CAN_SHARE_PORTS } from '../transport/sockets.js';
import type { EventHub } from './event-hub.js';

/** Settings that are kept and read back, but that Node.js, or this version of it, gives no means to obey. */
const UNHONOURED: readonly SettingName[] = [
  'inBufferSize',
  'outBufferSize',
  'useIocp',
  'useWindowsMessages',
  'processIdleEvents',
  'useInternalSecurityApi',
  'tls13KeyShareGroups',
  'openSslPrngSeedData',
  ...(CAN_SET_PROBES ? [] : (['keepAliveInterval', 'keepAliveRetryCount'] as const)),
  ...(CAN_SHARE_PORTS ? [] : (['bindExclusively'] as const)),
];

/** Tells by `log`, once for each, which settings of a server or client are set and have no effect. */
export class UnhonouredSettings {
  readonly #hub: EventHub;
  readonly #told = new Set<SettingName>();

  constructor(hub: EventHub) {
    this.#hub = hub;
  }

  tell(): void {
    if (!this.#hub.logs(1)) return;
    const { values } = this.#hub.settings;
    for (const name of UNHONOURED) {
      const setting = SETTINGS[name];
      const { config, default: unset, platform } = setting;
      const secret = setting.type === 'string' && setting.secret;
      if (values[name] === unset || this.#told.has(name)) continue;
      this.#told.add(name);
      this.#hub.log(
        1,
        `${config} is set${secret ? '' : ` to ${values[name]}`}, which has no effect: ${platform}`,
        'Info',
        null,
      );
    }
  }
}
