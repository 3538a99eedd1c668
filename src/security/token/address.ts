// Which token is meant: the path of its PKCS#11 module, alone or in a PKCS#11 URI (RFC 7512).
import { TokenError } from './pkcs11.js';

export interface TokenAddress {
  /** Path of the module. */
  readonly module: string;
  /** What the token has to be called; whatever is absent fits all. */
  readonly label?: string;
  readonly serialNumber?: string;
}

const SCHEME = 'pkcs11:';
/** Attributes of a URI that choose a token, by what they are compared with. */
const PATH_ATTRIBUTES = { token: 'label', serial: 'serialNumber' } as const;

/**
 * Reads `/usr/lib/softhsm/libsofthsm2.so` or `pkcs11:token=EDI;serial=0815?module-path=/usr/lib/….so`.
 *
 * @throws TokenError for a URI without a module, or with attributes that would be disregarded
 */
export function parseTokenAddress(store: string): TokenAddress {
  if (!store.startsWith(SCHEME)) return { module: store };
  const [path = '', query = ''] = store.slice(SCHEME.length).split('?', 2);
  const address: { -readonly [Key in keyof TokenAddress]: TokenAddress[Key] } = { module: '' };
  for (const [name, value] of attributesOf(path, ';')) {
    if (!Object.hasOwn(PATH_ATTRIBUTES, name)) {
      throw new TokenError(`the attribute ${name} is not supported; use token, serial and module-path`);
    }
    address[PATH_ATTRIBUTES[name as keyof typeof PATH_ATTRIBUTES]] = value;
  }
  for (const [name, value] of attributesOf(query, '&')) {
    if (name !== 'module-path') {
      const pin = name.startsWith('pin-') ? ': give the PIN as storePassword' : '';
      throw new TokenError(`the attribute ${name} is not supported${pin}`);
    }
    address.module = value;
  }
  if (address.module === '') throw new TokenError('it names no module: add "?module-path=/path/of/the/module.so"');
  return address;
}

function* attributesOf(text: string, separator: string): Generator<[name: string, value: string]> {
  for (const attribute of text.split(separator)) {
    if (attribute === '') continue;
    const at = attribute.indexOf('=');
    const name = at === -1 ? attribute : attribute.slice(0, at);
    try {
      yield [name, at === -1 ? '' : decodeURIComponent(attribute.slice(at + 1))];
    } catch {
      throw new TokenError(`the value of ${name} has a "%" that begins no octet`);
    }
  }
}
