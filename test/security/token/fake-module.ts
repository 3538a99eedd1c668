// A PKCS#11 module in memory, as the standard describes one, with tokens that tests can break.
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  X509Certificate,
} from 'node:crypto';
import type { Attribute, Handle, Mechanism, Pkcs11Module } from '../../../src/security/token/pkcs11.js';
import { openModule } from '../../../src/security/token/pkcs11.js';
import { pair } from '../support.js';

export interface FakeToken {
  readonly label: string;
  readonly serialNumber: string;
  pin: string;
  /** Names of fixtures/certificates whose certificate and key it holds. */
  readonly holds: readonly string[];
  present: boolean;
  /** Whether it decrypts without a padding of its own. */
  raw: boolean;
  /** Its keys ask for the PIN before each use. */
  alwaysAuthenticate: boolean;
  /** CKR_… that the next operation ends with. */
  failure: number | undefined;
  logins: string[];
  /** Numbers of the mechanisms that were used. */
  readonly mechanisms: number[];
}

export const fakeToken = (label: string, holds: readonly string[], more: Partial<FakeToken> = {}): FakeToken => ({
  label,
  serialNumber: `serial of ${label}`,
  pin: '1234',
  holds,
  present: true,
  raw: true,
  alwaysAuthenticate: false,
  failure: undefined,
  logins: [],
  mechanisms: [],
  ...more,
});

interface FakeObject {
  readonly kind: 'certificate' | 'privateKey';
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

interface FakeSession {
  readonly token: FakeToken;
  found: Handle[];
  operation: { key: KeyObject; mechanism: Mechanism; authorized: boolean } | undefined;
}

function failure(code: number, name = `CKR_${code.toString(16)}`): Error {
  return Object.assign(new Error(`${name}\n  at native`), { code });
}

const handle = (number: number): Handle => Uint8Array.of(number);
const numberOf = (value: Handle): number => value[0] as number;

class FakeModule implements Pkcs11Module {
  readonly tokens: FakeToken[];
  readonly sessions = new Map<number, FakeSession>();
  readonly #loggedIn = new Set<FakeToken>();
  #next = 1;

  constructor(tokens: FakeToken[]) {
    this.tokens = tokens;
  }

  load(): void {}

  /** As where another thread was first. */
  C_Initialize(): void {
    throw failure(0x191);
  }

  C_GetSlotList(): Handle[] {
    return this.tokens.flatMap((token, index) => (token.present ? [handle(index)] : []));
  }

  C_GetTokenInfo(slot: Handle) {
    const { label, serialNumber } = this.tokens[numberOf(slot)] as FakeToken;
    return { label: label.padEnd(32), serialNumber: serialNumber.padEnd(16, '\0'), flags: 0x405 };
  }

  C_GetMechanismInfo(slot: Handle, mechanism: number) {
    if (mechanism === 3 && !this.tokens[numberOf(slot)]?.raw) throw failure(0x70);
    return { flags: 0x200 };
  }

  C_OpenSession(slot: Handle): Handle {
    const id = this.#next++;
    this.sessions.set(id, { token: this.tokens[numberOf(slot)] as FakeToken, found: [], operation: undefined });
    return handle(id);
  }

  C_CloseSession(session: Handle): void {
    const { token } = this.#session(session);
    this.sessions.delete(numberOf(session));
    if (![...this.sessions.values()].some((other) => other.token === token)) this.#loggedIn.delete(token);
  }

  C_Login(session: Handle, user: number, pin = ''): void {
    const { token, operation } = this.#session(session);
    if (user === 1 && this.#loggedIn.has(token)) throw failure(0x100);
    token.logins.push(pin);
    if (pin !== token.pin) throw failure(0xa0, 'CKR_PIN_INCORRECT');
    if (user === 1) this.#loggedIn.add(token);
    else if (operation) operation.authorized = true;
  }

  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void {
    const current = this.#session(session);
    const wanted = template.find(({ type }) => type === 0)?.value === 1 ? 'certificate' : 'privateKey';
    current.found = this.#objects(current.token).flatMap(({ kind }, index) => (kind === wanted ? [handle(index)] : []));
    if (wanted === 'privateKey' && !this.#loggedIn.has(current.token)) current.found = [];
  }

  C_FindObjects(session: Handle, countMax: number): Handle[] {
    return this.#session(session).found.splice(0, countMax);
  }

  C_FindObjectsFinal(): void {}

  C_GetAttributeValue(session: Handle, object: Handle, [attribute]: readonly Attribute[]): { value: Buffer }[] {
    const { token } = this.#session(session);
    const { kind, certificate, key } = this.#objects(token)[numberOf(object)] as FakeObject;
    if (kind === 'certificate' && attribute?.type === 0x11) return [{ value: certificate.raw }];
    if (kind === 'privateKey' && attribute?.type === 0x202) return [{ value: Buffer.of(+token.alwaysAuthenticate) }];
    if (kind === 'privateKey' && attribute?.type === 0x120) {
      const modulus = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).n as string, 'base64url');
      return [{ value: Buffer.concat([Buffer.of(0), modulus]) }];
    }
    throw failure(0x12);
  }

  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void {
    this.#begin(session, mechanism, key);
  }

  C_Sign(session: Handle, octets: Buffer): Buffer {
    const { key } = this.#operation(session);
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, octets);
  }

  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void {
    if (mechanism.mechanism === 9 && mechanism.parameter?.['hashAlg'] !== 0x220) throw failure(0x07);
    this.#begin(session, mechanism, key);
  }

  C_Decrypt(session: Handle, octets: Buffer): Buffer {
    const { key, mechanism } = this.#operation(session);
    if (mechanism.mechanism === 9) {
      return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, octets);
    }
    const block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, octets);
    if (mechanism.mechanism === 3) return block;
    const separator = block.indexOf(0, 2);
    if (block[0] !== 0 || block[1] !== 2 || separator < 10) throw failure(5, 'CKR_GENERAL_ERROR');
    return block.subarray(separator + 1);
  }

  #begin(session: Handle, mechanism: Mechanism, key: Handle): void {
    const current = this.#session(session);
    const object = this.#objects(current.token)[numberOf(key)] as FakeObject;
    current.token.mechanisms.push(mechanism.mechanism);
    current.operation = { key: object.key, mechanism, authorized: !current.token.alwaysAuthenticate };
  }

  #operation(session: Handle): { key: KeyObject; mechanism: Mechanism } {
    const { token, operation } = this.#session(session);
    if (token.failure !== undefined) throw failure(token.failure);
    if (!operation?.authorized) throw failure(0x101);
    return operation;
  }

  #session(session: Handle): FakeSession {
    const current = this.sessions.get(numberOf(session));
    if (current === undefined || !current.token.present) throw failure(0xb3);
    return current;
  }

  #objects(token: FakeToken): FakeObject[] {
    return token.holds.flatMap((name) => {
      const { certificate, key } = pair(name);
      const both = { certificate: new X509Certificate(certificate), key: createPrivateKey(key.export(PEM)) };
      return [
        { kind: 'certificate', ...both },
        { kind: 'privateKey', ...both },
      ] as const;
    });
  }
}

const PEM = { type: 'pkcs8', format: 'pem' } as const;

let count = 0;

/** A module with these tokens, and the path that it stands under. */
export function fakeModule(...tokens: FakeToken[]): { path: string; module: FakeModule } {
  const path = `/fake/module-${++count}.so`;
  const module = new FakeModule(tokens);
  class Binding extends FakeModule {
    constructor() {
      super(tokens);
      // biome-ignore lint/correctness/noConstructorReturn: the test needs the instance that the code gets
      return module as Binding;
    }
  }
  openModule(path, () => ({ PKCS11: Binding }));
  return { path, module };
}
