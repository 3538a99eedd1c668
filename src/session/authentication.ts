import { WorkerPoolError } from '../pool/worker-pool.js';
import type { Indication } from '../protocol/indications.js';
import { responseMatches } from '../security/challenge.js';
import { OFTPError } from '../settings/errors.js';
import type { SessionContext } from './context.js';

/** ESIDREAS 11: authentication failed (RFC 5024 §4.2.4, §5.3.11). */
const AUTHENTICATION_FAILED = 11;

/** ESIDREAS 08: resources not available. */
const RESOURCES_NOT_AVAILABLE = 8;

export type AuthenticationRequest = Extract<Indication, { name: 'CHALLENGE_RQ' | 'RESPONSE_RQ' | 'VERIFY_RQ' }>;

/**
 * Secure authentication (RFC 5024 §4.2.4): each side proves that it holds the key of its certificate, by decrypting 20
 * random octets. Whatever goes wrong ends the session with reason 11, and only the own side hears why; with 08 where
 * this end had no room to compute.
 */
export class Authentication {
  readonly #session: SessionContext;
  /** What the peer has to answer; kept from its challenge to its response. */
  #expected: Uint8Array | undefined;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  /** Does what the entity asks for: makes a challenge, answers one, or compares the answer. */
  async handle(request: AuthenticationRequest): Promise<void> {
    try {
      if (request.name === 'CHALLENGE_RQ') await this.#challenge();
      else if (request.name === 'RESPONSE_RQ') await this.#respond(request.auch.chal);
      else this.#verify(request.aurp.rsp);
    } catch (error) {
      this.#fail(
        error instanceof OFTPError
          ? error
          : new OFTPError(684, `secure authentication failed: ${(error as Error).message}`, { cause: error }),
        error instanceof WorkerPoolError && error.code !== 'WORKER_LOST'
          ? RESOURCES_NOT_AVAILABLE
          : AUTHENTICATION_FAILED,
      );
    }
    this.#session.flush();
  }

  async #challenge(): Promise<void> {
    const { recipientAuthentication: certificate, challengeCipher: encryption } = this.#session.monitor.identities();
    if (certificate === undefined) {
      throw new OFTPError(
        689,
        `${this.#session.partner} wants secure authentication, and there is no certificate of it: set ` +
          'recipientCertificate in acceptConnection or, for a client, in its options',
      );
    }
    const { pool } = this.#session.environment;
    await this.#session.monitor.usable([certificate]);
    if (this.#session.over) return;
    const { envelope, response } = await pool.runTwice('createChallenge', { certificate, encryption });
    if (this.#session.over) return;
    this.#expected = response;
    this.#session.entity.challenge(envelope);
  }

  async #respond(envelope: Uint8Array): Promise<void> {
    const { authentication: keys } = this.#session.monitor.identities();
    if (keys.length === 0) {
      throw new OFTPError(
        689,
        `${this.#session.partner} wants secure authentication, and there is no own certificate with its private key: ` +
          'set certificate',
      );
    }
    const answer = await this.#session.environment.pool.runTwice('answerChallenge', { envelope, keys });
    if (this.#session.over) return;
    if (answer.answered) this.#session.entity.respond(answer.response);
    else this.#fail(new OFTPError(684, `the challenge of ${this.#session.partner} has no answer: ${answer.message}`));
  }

  #verify(response: Uint8Array): void {
    const expected = this.#expected;
    this.#expected = undefined;
    this.#session.entity.authenticate(expected !== undefined && responseMatches(expected, response));
  }

  #fail(error: OFTPError, reason = AUTHENTICATION_FAILED): void {
    if (this.#session.over) return;
    this.#session.monitor.error(error);
    this.#session.entity.abort({ reason, detail: '' });
  }
}
