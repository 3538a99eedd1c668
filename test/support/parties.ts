/** The two stations of every test session. The server under test is HUB, the scripted peer is PARTNER. */
export interface Party {
  readonly code: string;
  readonly password: string;
}

export const HUB: Party = { code: 'O0013HUB', password: 'HUBPW' };
export const PARTNER: Party = { code: 'O0013PARTNER', password: 'PARTPW' };
