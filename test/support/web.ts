/** A web server on 127.0.0.1 for what trust fetches: revocation lists, OCSP answers, trust lists. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from './cleanup.js';

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

export class WebServer {
  /** Requests so far, as `GET /path`. */
  readonly requests: string[] = [];
  readonly #server: http.Server;

  private constructor(server: http.Server) {
    this.#server = server;
  }

  /** @param answer undefined leaves the client waiting */
  static async start(
    answer: (path: string, body: Buffer, response: http.ServerResponse) => Answer | undefined,
  ): Promise<WebServer> {
    const server = http.createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      web.requests.push(`${request.method} ${request.url}`);
      const given = answer(request.url ?? '', Buffer.concat(chunks), response);
      if (given === undefined) return;
      response.writeHead(given.status ?? 200, given.headers);
      response.end(given.body ?? '');
    });
    const web = new WebServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanUp(() => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    });
    return web;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }
}
