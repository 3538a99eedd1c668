// A real token for tests, where SoftHSM 2 and the optional binding are installed.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pair } from '../support.js';

const PATHS = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

export const PIN = '1234';
const SO_PIN = '5678';

export interface SoftToken {
  /** Path of the module. */
  readonly module: string;
  remove(): void;
}

/** What the setting up of a token needs of the binding, beside what the code under test uses. */
interface Binding {
  PKCS11: new () => {
    load(path: string): void;
    C_Initialize(options: { flags: number }): void;
    C_GetSlotList(tokenPresent: boolean): Uint8Array[];
    C_InitToken(slot: Uint8Array, pin: string, label: string): void;
    C_OpenSession(slot: Uint8Array, flags: number): Uint8Array;
    C_Login(session: Uint8Array, user: number, pin: string): void;
    C_Logout(session: Uint8Array): void;
    C_InitPIN(session: Uint8Array, pin: string): void;
    C_CreateObject(session: Uint8Array, template: readonly { type: number; value: unknown }[]): Uint8Array;
    C_CloseSession(session: Uint8Array): void;
  };
}

/** A token with the certificate and the key of alice, or why there is none. */
export function softToken(): SoftToken | string {
  const module = PATHS.find(existsSync);
  if (module === undefined) return 'SoftHSM 2 is not installed';
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)('pkcs11js') as Binding;
  } catch {
    return 'the optional package pkcs11js is not installed';
  }
  const folder = mkdtempSync(join(tmpdir(), 'oftp-softhsm-'));
  mkdirSync(join(folder, 'tokens'));
  writeFileSync(join(folder, 'softhsm.conf'), `directories.tokendir = ${join(folder, 'tokens')}\nlog.level = ERROR\n`);
  // The module reads it when it is initialized; workers share the environment of the process.
  process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm.conf');
  const pkcs11 = new binding.PKCS11();
  pkcs11.load(module);
  pkcs11.C_Initialize({ flags: 2 });
  pkcs11.C_InitToken(pkcs11.C_GetSlotList(true)[0] as Uint8Array, SO_PIN, 'Alice');
  const slot = pkcs11.C_GetSlotList(true)[0] as Uint8Array;
  const session = pkcs11.C_OpenSession(slot, 4 | 2);
  pkcs11.C_Login(session, 0, SO_PIN);
  pkcs11.C_InitPIN(session, PIN);
  pkcs11.C_Logout(session);
  pkcs11.C_Login(session, 1, PIN);
  for (const template of objects('alice')) pkcs11.C_CreateObject(session, template);
  pkcs11.C_CloseSession(session);
  return { module, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Numbers of a private key on a token, by their names in a JSON Web Key. */
const NUMBERS = { n: 0x120, e: 0x122, d: 0x123, p: 0x124, q: 0x125, dp: 0x126, dq: 0x127, qi: 0x128 } as const;

function objects(name: string): { type: number; value: unknown }[][] {
  const { certificate, key } = pair(name);
  const jwk = key.export({ format: 'jwk' });
  const numbers = Object.entries(NUMBERS).map(([letter, type]) => ({
    type,
    value: Buffer.from(String(jwk[letter]), 'base64url'),
  }));
  const stays = [
    { type: 0x01, value: true },
    { type: 0x102, value: Buffer.of(0xa1) },
  ];
  const privateKey = [
    { type: 0x00, value: 3 },
    { type: 0x100, value: 0 },
    { type: 0x02, value: true },
    { type: 0x103, value: true }, // sensitive
    { type: 0x105, value: true }, // decrypts
    { type: 0x108, value: true }, // signs
  ];
  const publicObject = [
    { type: 0x00, value: 1 },
    { type: 0x80, value: 0 },
    { type: 0x02, value: false },
    { type: 0x101, value: Buffer.from(name) },
    { type: 0x11, value: certificate },
  ];
  return [
    [...stays, ...privateKey, ...numbers],
    [...stays, ...publicObject],
  ];
}
