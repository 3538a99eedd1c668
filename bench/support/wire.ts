/** The few octets that a load without a client of ours needs. */
import { encodeCommand } from '../../src/protocol/commands/codec.js';

/** What an Initiator sends until its session is open, each buffer after an answer of the Responder. */
export function openingDialogue(code: string): readonly Buffer[] {
  const ssid = encodeCommand(5, {
    name: 'SSID',
    lev: 5,
    code,
    pswd: '',
    sdeb: 2048,
    sr: 'B',
    cmpr: false,
    rest: true,
    spec: false,
    cred: 99,
    auth: false,
    user: '',
  });
  return [Buffer.from(ssid)];
}
