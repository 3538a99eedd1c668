/** Settings: what the SSID says, and the turns and ends of a session. */
import type { Setting } from './row.js';

/** SSIDSR: what a side can do. */
const DIRECTIONS = { both: 0, sender: 1, receiver: 2 } as const;

export const SESSION_ROWS = {
  uid: {
    config: 'ConnectionUID',
    type: 'string',
    default: '0',
    scope: 'connection',
    changes: 'never',
    unknownConnectionReadsDefault: true,
    effect: 'Identifier of the connection that is unique beyond this process; 0 for a connection that does not exist.',
  },
  connectionType: {
    config: 'ConnectionType',
    type: 'choice',
    default: 'both',
    choices: DIRECTIONS,
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'What this end states in its SSID: it sends and receives files, only sends, or only receives. It always gives ' +
      'the ' +
      'own side; ReceivedConnectionType gives that of the client. Two senders, or two receivers, get no session ' +
      '(ESID 10).',
  },
  receivedConnectionType: {
    config: 'ReceivedConnectionType',
    type: 'choice',
    default: 'both',
    choices: DIRECTIONS,
    scope: 'connection',
    changes: 'never',
    effect: 'What the client stated in its SSID; known from acceptConnection on.',
  },
  creditCount: {
    config: 'CreditCount',
    type: 'integer',
    default: 99,
    min: 1,
    max: 999,
    unit: 'exchange buffers',
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'How many exchange buffers may be sent before the receiver confirms (SSIDCRED); the smaller value of the two ' +
      'ends ' +
      'counts. Read for a connection it gives what the client offers while acceptConnection runs, and what was ' +
      'agreed ' +
      'afterwards.',
    danger: 'A small value makes distant partners slow: the sender waits a round trip for each window.',
  },
  exchangeBufferSize: {
    config: 'ExchangeBufferSize',
    type: 'integer',
    default: 2048,
    min: 128,
    max: 99_999,
    unit: 'octets',
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'Longest exchange buffer with data (SSIDSDEB), counting its command octet but not the four octets of the ' +
      'stream ' +
      'header; the smaller value of the two ends counts. Read for a connection it gives what the client offers while ' +
      'acceptConnection runs, and what was agreed afterwards. Larger buffers transfer faster.',
  },
  restart: {
    config: 'Restart',
    type: 'boolean',
    default: true,
    scope: 'connection',
    changes: 'beforeSession',
    effect: 'Offers in the SSID (SSIDREST) to go on with interrupted files where they stopped; both ends must want it.',
  },
  bufferCompression: {
    config: 'BufferCompression',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'beforeSession',
    effect:
      'Offers in the SSID (SSIDCMPR) to shorten runs of equal octets inside exchange buffers; both ends must want ' +
      'it. ' +
      'It helps text with much padding and nothing else; compressed buffers are understood in any case.',
  },
  allowRetry: {
    config: 'AllowRetry',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'always',
    effect:
      'Whether the refusal of a file by acceptFile invites the client to try again later (SFNARRTR). Set it for the ' +
      'connection inside that handler; with the next file it starts again with the value of the server.',
    danger: 'A client that is told to retry may offer a file that can never be taken again and again.',
  },
  cdAfterSendEndResponse: {
    config: 'CDAfterSendEndResponse',
    type: 'boolean',
    default: true,
    scope: 'connection',
    changes: 'always',
    effect:
      'Gives the turn back to the client when an end response sent by sendEndResponse() has been confirmed. Set it ' +
      'to ' +
      'false to send several, then call changeDirection().',
  },
  sendCdAfterEfpa: {
    config: 'SendCDAfterEFPA',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'always',
    effect:
      'Gives the turn to the client after each file sent, even when its EFPA does not ask for it. Files still queued ' +
      'wait for the next turn then.',
  },
  endResponseTurn: {
    config: 'EndResponseTurn',
    type: 'choice',
    default: 'onChangeDirection',
    choices: { onChangeDirection: 0, asap: 1 },
    scope: 'connection',
    changes: 'always',
    effect:
      'When end responses for received files go out: together, when the client hands over the turn by itself, or as ' +
      'soon ' +
      'as each is ready, by asking for the turn in EFPA and giving it back at once.',
  },
  disconnectAfterEndSession: {
    config: 'DisconnectAfterEndSession',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect:
      'true closes the TCP connection as soon as our ESID has been sent; false leaves that to the client, as RFC ' +
      '5024 ' +
      'describes it, within a time limit.',
  },
  fireEndResponseOnSend: {
    config: 'FireEndResponseOnSend',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'always',
    effect:
      'Raises endResponse for end responses that are sent (direction "sent") as well as for those received; false ' +
      'leaves ' +
      'only the latter.',
  },
  retry: {
    config: 'Retry',
    type: 'boolean',
    default: false,
    scope: 'connection',
    changes: 'never',
    effect: 'After a file was refused by the client: whether it allows another attempt (SFNARRTR).',
  },
} as const satisfies Readonly<Record<string, Setting>>;
