/** End responses as JSON can carry them. */
import type { EndResponse, QueuedResponse } from '../store/store.js';

/** Octets as base64. */
type Spelled<Response extends EndResponse> = Omit<Response, 'hash' | 'signature'> & {
  readonly hash: string;
  readonly signature: string;
};
export type SpelledResponse = Spelled<EndResponse>;
export type SpelledQueuedResponse = Spelled<QueuedResponse>;

const inBase64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

export function spelled<Response extends EndResponse>(response: Response): Spelled<Response> {
  return { ...response, hash: inBase64(response.hash), signature: inBase64(response.signature) };
}

export function unspelled(response: SpelledResponse): EndResponse {
  return { ...response, hash: fromBase64(response.hash), signature: fromBase64(response.signature) };
}

export function unspelledQueued(response: SpelledQueuedResponse): QueuedResponse {
  return { ...unspelled(response), id: response.id };
}
