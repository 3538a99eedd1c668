// The binding to PKCS#11 modules: the part of `pkcs11js` that is used here, which is there only where it was built.
import { createRequire } from 'node:module';

export type Handle = Uint8Array;

export interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | Uint8Array;
}

export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: { readonly type: number; readonly [name: string]: unknown };
}

export interface TokenInfo {
  readonly label: string;
  readonly serialNumber: string;
  readonly flags: number;
}

/** A loaded module. The names are those of the standard; every function throws an error with `code` (CKR_…). */
export interface Pkcs11Module {
  load(path: string): void;
  C_Initialize(options: { flags: number }): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): TokenInfo;
  C_GetMechanismInfo(slot: Handle, mechanism: number): { readonly flags: number };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin?: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, countMax: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: readonly Attribute[]): { readonly value: Buffer }[];
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Sign(session: Handle, octets: Buffer, room: Buffer): Buffer;
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Decrypt(session: Handle, octets: Buffer, room: Buffer): Buffer;
}

/** Numbers of the standard (PKCS#11 2.40). */
export const CK = {
  lockingByOs: 2,
  serialSession: 4,
  user: 1,
  contextSpecific: 2,
  flags: { protectedPath: 0x100, initialized: 0x400 },
  mechanismDecrypts: 0x200,
  classes: { certificate: 1, privateKey: 3 },
  attributes: { class: 0, value: 0x11, keyType: 0x100, modulus: 0x120, alwaysAuthenticate: 0x202 },
  keyTypeRsa: 0,
  mechanisms: { pkcs1: 1, raw: 3, oaep: 9 },
  /** The name of its parameters to the binding. */
  oaepParameters: 4,
  oaepDataSpecified: 1,
} as const;

/** CKR_… that decisions depend on. */
export const CKR = {
  argumentsBad: 0x07,
  deviceError: 0x30,
  deviceMemory: 0x31,
  deviceRemoved: 0x32,
  mechanismInvalid: 0x70,
  mechanismParamInvalid: 0x71,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLengthRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  sessionClosed: 0xb0,
  sessionHandleInvalid: 0xb3,
  tokenNotPresent: 0xe0,
  tokenNotRecognized: 0xe1,
  userAlreadyLoggedIn: 0x100,
  userNotLoggedIn: 0x101,
  alreadyInitialized: 0x191,
} as const;

/** CKR_… of what a function of a module has thrown. */
export function codeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** A token that is not there, not as expected, or that refuses: nothing a peer did. The message never holds the PIN. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

/** Modules of this thread. They stay: closing one would take it from the other threads of the process too. */
const modules = new Map<string, Pkcs11Module>();

type Binding = () => { PKCS11: new () => Pkcs11Module };

/**
 * @param binding what loads modules
 * @throws TokenError where the binding is not installed, or the file is no PKCS#11 module
 */
export function openModule(path: string, binding: Binding = installed): Pkcs11Module {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const module = new (binding().PKCS11)();
  try {
    module.load(path);
    module.C_Initialize({ flags: CK.lockingByOs });
  } catch (error) {
    // One module serves all threads of a process, and one of them was first.
    if (codeOf(error) !== CKR.alreadyInitialized) throw new TokenError(`it is no PKCS#11 module: ${reasonOf(error)}`);
  }
  modules.set(path, module);
  return module;
}

/** The first line only: what follows is a trace of native calls. */
export const reasonOf = (error: unknown): string => ((error as Error).message ?? String(error)).split('\n')[0] ?? '';

function installed(): ReturnType<Binding> {
  try {
    return createRequire(import.meta.url)('pkcs11js') as ReturnType<Binding>;
  } catch (error) {
    const remedy = 'it is compiled at its installation: see that a C++ compiler is there, then "npm install pkcs11js"';
    throw new TokenError(`PKCS#11 needs the optional package pkcs11js, which is not installed; ${remedy}`, {
      cause: error,
    });
  }
}
