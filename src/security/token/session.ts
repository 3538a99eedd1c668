// A session with one token: found by its name, logged in, and closed again whatever happens.
import type { TokenAddress } from './address.js';
import {
  type Attribute,
  CK,
  CKR,
  codeOf,
  type Handle,
  openModule,
  type Pkcs11Module,
  reasonOf,
  TokenError,
} from './pkcs11.js';

/** A session that is open. */
export interface TokenSession {
  readonly module: Pkcs11Module;
  readonly slot: Handle;
  readonly handle: Handle;
  readonly label: string;
  readonly serialNumber: string;
}

/** What opens a token for its user. */
export interface TokenLogin {
  /** Empty for none: then only what is public can be seen. */
  readonly pin: string;
  /**
   * Not 0 once the token has refused the PIN: a token locks itself for good after a few wrong ones, so nobody tries it
   * again. Shared by all threads.
   */
  readonly refused: Int32Array<SharedArrayBuffer>;
}

/** Objects of one kind on a token; a module that lists more has lost its end. */
const OBJECT_COUNT_MAX = 10_000;
const OBJECT_PAGE = 100;

/**
 * Opens a session, logged in where there is a PIN. To be closed by `close`.
 *
 * Logging in counts for all sessions of the process, so it is done once; a PIN is tried with one token only, and never
 * a second time after a refusal.
 *
 * @throws TokenError
 */
export function openSession(address: TokenAddress, login: TokenLogin): TokenSession {
  const module = openModule(address.module);
  const { slot, label, serialNumber, flags } = findToken(module, address);
  const handle = attempt(`the token "${label}" cannot be opened`, () => module.C_OpenSession(slot, CK.serialSession));
  const session = { module, slot, handle, label, serialNumber };
  try {
    const byPad = login.pin === '' && (flags & CK.flags.protectedPath) !== 0;
    if (login.pin !== '' || byPad) logIn(session, CK.user, login);
    return session;
  } catch (error) {
    close(session);
    throw error;
  }
}

/** @throws TokenError for a PIN that is wrong, or was refused before */
export function logIn({ module, handle, label }: TokenSession, user: number, { pin, refused }: TokenLogin): void {
  if (Atomics.load(refused, 0) !== 0) {
    throw new TokenError(`the token "${label}" has refused the PIN before: load the certificate with the right one`);
  }
  try {
    module.C_Login(handle, user, ...(pin === '' ? [] : [pin]));
  } catch (error) {
    const code = codeOf(error);
    if (code === CKR.userAlreadyLoggedIn) return;
    if (code !== undefined && PIN_REFUSALS.includes(code)) {
      Atomics.store(refused, 0, 1);
      const why = code === CKR.pinLocked ? 'its PIN is locked' : 'wrong PIN';
      throw new TokenError(`the token "${label}" cannot be used: ${why} (${reasonOf(error)})`);
    }
    throw new TokenError(`the token "${label}" cannot be used: ${reasonOf(error)}`, { cause: error });
  }
}

const PIN_REFUSALS: readonly number[] = [
  CKR.pinIncorrect,
  CKR.pinInvalid,
  CKR.pinLengthRange,
  CKR.pinExpired,
  CKR.pinLocked,
];

/** A session whose token has gone is closed already. */
export function close({ module, handle }: TokenSession): void {
  try {
    module.C_CloseSession(handle);
  } catch {
    // Nothing is left that could be closed.
  }
}

/** All objects with these attributes. */
export function findObjects({ module, handle, label }: TokenSession, template: readonly Attribute[]): Handle[] {
  return attempt(`the token "${label}" cannot be searched`, () => {
    const found: Handle[] = [];
    module.C_FindObjectsInit(handle, template);
    try {
      for (let page: Handle[]; found.length < OBJECT_COUNT_MAX; found.push(...page)) {
        page = module.C_FindObjects(handle, OBJECT_PAGE);
        if (page.length === 0) break;
      }
    } finally {
      module.C_FindObjectsFinal(handle);
    }
    return found;
  });
}

/** An attribute's octets; undefined where the object has no such attribute or does not give it away. */
export function attributeOf({ module, handle }: TokenSession, object: Handle, type: number): Buffer | undefined {
  try {
    return module.C_GetAttributeValue(handle, object, [{ type }])[0]?.value;
  } catch {
    return undefined;
  }
}

/** @throws TokenError with what was attempted and the module's own word for its failure */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TokenError) throw error;
    throw new TokenError(`${what}: ${reasonOf(error)}`, { cause: error });
  }
}

interface FoundToken {
  readonly slot: Handle;
  readonly label: string;
  readonly serialNumber: string;
  readonly flags: number;
}

/** The one token that is meant. Slots change when tokens are plugged in, names stay. */
function findToken(module: Pkcs11Module, { label, serialNumber }: TokenAddress): FoundToken {
  const present = attempt('its tokens cannot be listed', () => module.C_GetSlotList(true).map(tokenIn));
  const tokens = present.filter(({ flags }) => (flags & CK.flags.initialized) !== 0);
  const meant = tokens.filter(
    (token) => (label ?? token.label) === token.label && (serialNumber ?? token.serialNumber) === token.serialNumber,
  );
  const [found] = meant;
  if (found !== undefined && meant.length === 1) return found;
  const list = tokens.map((token) => `"${token.label}" (serial ${token.serialNumber})`).join(', ');
  if (found === undefined)
    throw new TokenError(`the token is not there; ${list === '' ? 'none is' : `there is ${list}`}`);
  const remedy = 'name one by "pkcs11:token=LABEL;serial=NUMBER?module-path=PATH"';
  throw new TokenError(`several tokens are there, ${list}: ${remedy}`);

  function tokenIn(slot: Handle): FoundToken {
    const info = module.C_GetTokenInfo(slot);
    // Names are padded with blanks, and by some modules with zeros.
    const text = (padded: string): string => padded.replace(/[\0 ]+$/, '');
    return { slot, label: text(info.label), serialNumber: text(info.serialNumber), flags: info.flags };
  }
}
