import { config } from '../../src/settings/config.js';
import { serverSettings } from '../../src/settings/settings.js';

/** A server with connections 5 and 7, and its config(). */
export function configServer() {
  const state = { listening: false, ssidSent: false };
  const store = serverSettings({}, { frozen: () => state.listening });
  const connections = new Map(
    [5, 7].map((id) => [
      id,
      store.forConnection(id, {
        frozen: () => state.ssidSent,
        live: { uid: () => `uid-${id}`, retry: () => id === 7, receivedConnectionType: () => 'receiver' },
      }),
    ]),
  );
  return { state, store, connections, config: (text: string) => config(text, store, (id) => connections.get(id)) };
}
