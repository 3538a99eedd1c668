/** Settings: who this end is. */
import { CODE, LISTED_CODE, PASSWORD, type Setting } from './row.js';

export const IDENTITY_ROWS = {
  serverSsidCode: {
    config: 'ServerSSIDCode',
    type: 'string',
    default: '',
    text: CODE,
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'Own identification code at the level of the session, sent as SSIDCODE. Usually "O", a country or authority ' +
      'code, ' +
      'the organisation and a sub-address, as agreed with the partner. Without it the server does not start (error ' +
      '672).',
  },
  serverSfidCode: {
    config: 'ServerSFIDCode',
    type: 'string',
    default: '',
    text: CODE,
    scope: 'connection',
    changes: 'always',
    effect:
      'Own identification code at the level of files: SFIDORIG of files that are sent, and the destination under ' +
      'which ' +
      'received files are taken as our own. Read for a connection that has received a file, it gives the destination ' +
      'that the client addressed. Without it the server does not start (error 673).',
  },
  serverSfidCodes: {
    config: 'ServerSFIDCodes',
    type: 'strings',
    default: [],
    text: LISTED_CODE,
    maxItems: 10_000,
    scope: 'server',
    changes: 'always',
    effect:
      'Codes of sub-stations: files addressed to one of them are our own as well. A file for any other destination ' +
      'is ' +
      'one to relay and is refused unless acceptFile accepts it.',
  },
  serverPassword: {
    config: 'ServerPassword',
    type: 'string',
    default: '',
    text: PASSWORD,
    secret: true,
    scope: 'connection',
    changes: 'always',
    effect:
      'Password that proves this end to the partner, sent as SSIDPSWD. It is read when the SSID is sent; a later ' +
      'change ' +
      'concerns later sessions.',
    danger:
      'It crosses the network in clear unless TLS is used. Reading the setting gives the password itself, so that ' +
      'whoever may call config() may see it; messages and logs never contain it.',
  },
} as const satisfies Readonly<Record<string, Setting>>;
