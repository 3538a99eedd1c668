/**
 * What the protocol entity costs for each DATA exchange buffer, one thread, without framing and network.
 *
 *     node dist/bench/entity.js [--json file]
 */

import { Entity } from '../src/protocol/entity.js';
import type { SessionOffer } from '../src/protocol/negotiate.js';
import { medianTimes } from './support/measure.js';
import { report } from './support/report.js';

const BUFFERS = 99_900;
const CREDIT = 999;
const BUFFER_LENGTH = 2048;

const OFFER: SessionOffer = {
  level: 5,
  code: 'O0013BENCH',
  password: '',
  mode: 'B',
  bufferSize: BUFFER_LENGTH,
  credit: CREDIT,
  compression: false,
  restart: false,
  authentication: false,
  user: '',
};

const speaker = new Entity('initiator', OFFER);
const listener = new Entity('responder', OFFER);

/** Carries everything but DATA from one side to the other, and answers for the users. */
function exchange(): void {
  for (let idle = false; !idle; ) {
    idle = true;
    for (const [from, to] of [
      [speaker, listener],
      [listener, speaker],
    ] as const) {
      for (let buffer = from.takeOctets(); buffer; buffer = from.takeOctets()) {
        to.receive(buffer.subarray(4));
        idle = false;
      }
      while (from.takeIndication() !== undefined);
    }
    if (listener.state === 'A_WF_CONRS') listener.confirmSession(OFFER);
    if (listener.state === 'OPIP') listener.acceptFile(0n);
  }
}

function openFile(): void {
  listener.connected();
  speaker.connected();
  exchange();
  const stamp = { date: '20240229', time: '1234560001' };
  const services = { sec: 0, ciph: 0, comp: 0, env: 0, sign: false, desc: '' };
  const sizes = { lrecl: 0, fsiz: 0, osiz: 0, rest: 0n };
  const parties = { user: '', dest: OFFER.code, orig: OFFER.code };
  speaker.startFile({ name: 'SFID', dsn: 'BENCH', ...stamp, ...parties, fmt: 'U', ...sizes, ...services });
  exchange();
  if (speaker.credit !== CREDIT) throw new Error(`no file was opened, the speaker is in state ${speaker.state}`);
}

function receiveData(): void {
  for (let taken = 0; taken < BUFFERS; taken += 1) {
    if (listener.beginData(BUFFER_LENGTH)) listener.endData();
  }
  while (listener.takeOctets() !== undefined);
}

const CDT = Uint8Array.of(0x43, 0x20, 0x20);

/** `batch` DATA exchange buffers at a time, as one write to the network holds them. */
function sendData(batch: number): () => void {
  return () => {
    for (let sent = 0; sent < BUFFERS; sent += batch) {
      if (speaker.credit < batch) speaker.dataSent(speaker.credit);
      if (speaker.credit === 0) speaker.receive(CDT);
      speaker.dataSent(batch);
    }
    while (speaker.takeIndication() !== undefined);
  };
}

openFile();
const [receiving, one, many] = medianTimes([receiveData, sendData(1), sendData(111)]);
const nanoseconds = (time: number | undefined) => Number((((time ?? 0) * 1e6) / BUFFERS).toFixed(1));
report('Protocol entity: nanoseconds for each DATA exchange buffer', [
  { side: 'Listener', batch: 1, ns: nanoseconds(receiving) },
  { side: 'Speaker', batch: 1, ns: nanoseconds(one) },
  { side: 'Speaker', batch: 111, ns: nanoseconds(many) },
]);
