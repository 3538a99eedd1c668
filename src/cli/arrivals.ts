/** What a client tells about files that the server sends, and about end responses. */
import type { OFTPClient } from '../server/client.js';
import type { EndResponseEvent } from '../server/events.js';
import { complain, counted, say } from './terminal.js';

/** SFNAREAS 14: file direction refused (RFC 5024 §5.3.5). */
const DIRECTION_REFUSED = 14;

/** Prints a line for each file received; what it returns tells whether all came through. */
export function announceArrivals(client: OFTPClient): () => boolean {
  let complete = true;
  client.on('endTransfer', ({ direction, virtualFileName, fileSize, localFile, reasonCode, reasonText }) => {
    if (direction !== 'received') return;
    if (reasonCode === 0) {
      say(`${virtualFileName}: received, ${counted(fileSize, 'octet')}, as ${localFile}`);
    } else {
      complete = false;
      complain(`${virtualFileName}: not received, reason ${reasonCode}: ${reasonText}`);
    }
  });
  return () => complete;
}

/** Leaves files with the server, which may offer them again; what it returns are the names of those that it offered. */
export function leaveFiles(client: OFTPClient): readonly string[] {
  const offered: string[] = [];
  client.on('acceptFile', (event) => {
    offered.push(event.virtualFileName);
    event.accept = false;
    event.errorCode = DIRECTION_REFUSED;
    event.connection.allowRetry = true;
  });
  return offered;
}

/** What an end response says about its file. */
export function verdict({ reasonCode, reasonText }: EndResponseEvent): string {
  return reasonCode === 0 ? 'delivered (EERP)' : `not delivered (NERP), reason ${reasonCode}: ${reasonText}`;
}
