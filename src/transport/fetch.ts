/** Small documents over HTTP: revocation lists, OCSP answers, trust lists. Bounded in time, size and redirects. */
import { lookup as systemLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, isPublicAddress } from './public-addresses.js';

export interface FetchOptions {
  readonly url: string;
  /** Sent by POST; without it the request is a GET. */
  readonly body?: Uint8Array | undefined;
  readonly contentType?: string | undefined;
  readonly accept: string;
  /** Octets of the answer. */
  readonly lengthMax: number;
  /** Milliseconds for everything, redirects included. */
  readonly deadline: number;
  /** A POST is never redirected. */
  readonly redirects: 'never' | 'always' | 'sameScheme';
  /**
   * `refused`: no address of this machine or of a private network is connected to, whatever name leads there.
   * `first`: the URL is the operator's own and may lead anywhere, but a redirect only to a public address, or to the
   * one that was connected to first. `allowed`: anywhere.
   */
  readonly privateAddresses: 'refused' | 'first' | 'allowed';
  /** CA certificates in PEM that the server of an https URL may have, beside the public ones. */
  readonly ca?: readonly string[] | undefined;
  /** As `dns.lookup`. Tests bring their own. */
  readonly lookup?: LookupFunction | undefined;
}

export interface Fetched {
  readonly octets: Buffer;
  /** Whether nobody on the way could change it: https all along, or this machine itself. */
  readonly authentic: boolean;
}

/** What could not be fetched, and why, with the URL. */
class FetchError extends Error {
  override readonly name = 'FetchError';
}

const REDIRECTS_MAX = 5;
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const HEADERS_LENGTH_MAX = 16_384;
const URL_LENGTH_MAX = 2_048;

/** One request of possibly several. */
interface Hop {
  readonly octets: Buffer | undefined;
  readonly location: string | undefined;
  /** That was connected to. */
  readonly address: string;
}

/** @throws FetchError */
export async function fetchOctets(options: FetchOptions): Promise<Fetched> {
  const signal = AbortSignal.timeout(options.deadline);
  let url = checkedUrl(options.url, options.url);
  let authentic = true;
  let first: string | undefined;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    const { octets, location, address } = await request(url, options, first, signal);
    first ??= address;
    authentic &&= url.protocol === 'https:' || isLoopbackAddress(address);
    if (octets !== undefined) return { octets, authentic };
    url = nextUrl(url, location ?? '', options);
  }
  throw new FetchError(`${options.url}: more than ${REDIRECTS_MAX} redirects`);
}

function checkedUrl(text: string, shown: string, base?: URL): URL {
  if (text.length > URL_LENGTH_MAX || !URL.canParse(text, base?.href))
    throw new FetchError(`${shown.slice(0, 200)}: is no URL`);
  const url = new URL(text, base?.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchError(`${shown}: only http and https are fetched, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new FetchError(`${url.origin}: a URL with a user name or password is not fetched`);
  return url;
}

function nextUrl(url: URL, location: string, { redirects, body }: FetchOptions): URL {
  if (redirects === 'never' || body !== undefined)
    throw new FetchError(`${url.href}: it redirects to ${location}, which is not followed`);
  const next = checkedUrl(location, `${url.href}: redirect to ${location}`, url);
  if (redirects === 'sameScheme' && next.protocol !== url.protocol) {
    throw new FetchError(`${url.href}: it redirects to ${next.href}, which has another scheme and is not followed`);
  }
  return next;
}

function request(url: URL, options: FetchOptions, first: string | undefined, signal: AbortSignal): Promise<Hop> {
  return new Promise((resolve, reject) => {
    let address = '';
    const fail = (error: Error): void => {
      const late = signal.aborted && !(error instanceof FetchError);
      const reason = late
        ? `no answer within ${options.deadline} ms`
        : error.message || (error as NodeJS.ErrnoException).code;
      reject(error instanceof FetchError ? error : new FetchError(`${url.href}: ${reason}`, { cause: error }));
    };
    const admits = (candidate: string): boolean => isAdmitted(candidate, first, options.privateAddresses);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // A literal address is connected to without being looked up.
    if (isIP(host) !== 0 && !admits(host)) {
      fail(notAdmitted(url));
      return;
    }
    const { body, contentType, accept } = options;
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept,
        ...(body === undefined
          ? {}
          : { 'content-type': contentType ?? 'application/octet-stream', 'content-length': body.length }),
      },
      // A connection of its own for each: none that was made for others before, and none that is left over.
      agent: false,
      lookup: admittedLookup(url, options.lookup ?? systemLookup, admits),
      maxHeaderSize: HEADERS_LENGTH_MAX,
      signal,
      ...(options.ca ? { ca: [...options.ca] } : {}),
    });
    outgoing.on('error', fail);
    outgoing.on('socket', (socket) => {
      socket.on('connect', () => {
        address = socket.remoteAddress ?? '';
        if (!admits(address)) outgoing.destroy(notAdmitted(url));
      });
    });
    outgoing.on('response', (response) => {
      read(url, response, options.lengthMax).then(
        ({ octets, location }) => resolve({ octets, location, address }),
        fail,
      );
    });
    outgoing.end(body);
  });
}

const notAdmitted = (url: URL): FetchError =>
  new FetchError(`${url.href}: it leads to this machine or a private network, which is not connected to`);

function isAdmitted(address: string, first: string | undefined, rule: FetchOptions['privateAddresses']): boolean {
  if (rule === 'allowed' || isPublicAddress(address)) return true;
  return rule === 'first' && (first === undefined || first === address);
}

/** The addresses that are left are those that are connected to: the name is not looked up a second time. */
function admittedLookup(url: URL, lookup: LookupFunction, admits: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const addresses = (Array.isArray(found) ? found : []).filter(({ address }) => admits(address));
      const [one] = addresses;
      if (one === undefined) callback(notAdmitted(url), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, one.address, one.family);
    });
  };
}

async function read(
  url: URL,
  response: http.IncomingMessage,
  lengthMax: number,
): Promise<Pick<Hop, 'octets' | 'location'>> {
  const { statusCode = 0, headers } = response;
  const refuse = (reason: string): never => {
    response.destroy();
    throw new FetchError(`${url.href}: ${reason}`);
  };
  if (REDIRECT_STATUS.has(statusCode) && headers.location !== undefined) {
    response.destroy();
    return { octets: undefined, location: headers.location };
  }
  if (statusCode !== 200) return refuse(`it answers ${statusCode} ${response.statusMessage ?? ''}`.trimEnd());
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    return refuse('its answer is compressed');
  if (Number(headers['content-length'] ?? 0) > lengthMax)
    return refuse(`its answer is larger than ${lengthMax} octets`);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > lengthMax) return refuse(`its answer is larger than ${lengthMax} octets`);
    chunks.push(chunk);
  }
  if (!response.complete) return refuse('its answer breaks off');
  return { octets: Buffer.concat(chunks), location: undefined };
}
