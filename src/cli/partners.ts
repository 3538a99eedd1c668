/** Who may open a session, and with which folders and settings. */
import { LEVEL_OF_VERSION, type Version } from '../protocol/commands/version.js';
import type { Certificate } from '../server/certificate.js';
import type { OFTPConnection } from '../server/connection.js';
import type { AcceptConnectionEvent } from '../server/events.js';
import type { PartnerSecurity } from './config-security.js';

export interface Partner extends PartnerSecurity {
  /** SSID code */
  readonly code: string;
  readonly password: string;
  /** Folder for the files that come from this partner. */
  readonly inbox: string;
  /** Folder of the files for this partner; without it nothing is sent. */
  readonly outbox: string | undefined;
  /** Where files go that the partner has acknowledged; without it they are removed. */
  readonly sent: string | undefined;
  /** Where files go that the partner has refused for good. */
  readonly failed: string | undefined;
  readonly minimumVersion: Version;
  readonly enabled: boolean;
  readonly description: string;
  /** Certificates of its TLS clients, one of which it must present; undefined if it need not. */
  readonly tlsCertificates: readonly Certificate[] | undefined;
  /** Settings of this partner's connections under the reference's names. */
  readonly settings: readonly (readonly [name: string, text: string])[];
}

/** ESIDREAS of a refusal (RFC 5024 §5.3.11) and the reason for the log. */
export interface Refusal {
  readonly reason: 3 | 4 | 10;
  readonly why: string;
}

/** The partners of the moment: a reload puts others in their place, sessions under way keep theirs. */
export class Partners {
  readonly #byCode = new Map<string, Partner>();
  readonly #ofConnection = new WeakMap<OFTPConnection, Partner>();

  /** Exchanges all partners. */
  replace(partners: readonly Partner[]): void {
    this.#byCode.clear();
    for (const partner of partners) this.#byCode.set(partner.code, partner);
  }

  /** The partner of an accepted connection. */
  of(connection: OFTPConnection | null): Partner | undefined {
    return connection === null ? undefined : this.#ofConnection.get(connection);
  }

  /** Lets a client in and prepares its connection, or refuses it and says why. */
  admit(event: AcceptConnectionEvent): Partner | Refusal {
    const answer = this.#decide(event);
    if ('reason' in answer) {
      event.accept = false;
      event.errorCode = answer.reason;
      return answer;
    }
    const { connection } = event;
    connection.downloadDirectory = answer.inbox;
    for (const [name, text] of answer.settings) connection.config(`${name}=${text}`);
    if (answer.tlsCertificates !== undefined) {
      connection.recipientCertificates.tls = answer.tlsCertificates;
      connection.sslBindClientCertificate = true;
    }
    if (answer.certificate !== undefined) connection.recipientCertificate = answer.certificate;
    this.#ofConnection.set(connection, answer);
    return answer;
  }

  #decide(event: AcceptConnectionEvent): Partner | Refusal {
    const partner = this.#byCode.get(event.clientSsidCode);
    if (partner === undefined) return { reason: 3, why: 'no partner has this code' };
    if (!event.passwordMatches(partner.password)) return { reason: 4, why: 'the password is wrong' };
    if (!partner.enabled) return { reason: 3, why: 'the partner is disabled' };
    if (LEVEL_OF_VERSION[event.clientVersion] < LEVEL_OF_VERSION[partner.minimumVersion]) {
      return { reason: 10, why: `version ${event.clientVersion} is below its minimum of ${partner.minimumVersion}` };
    }
    return partner;
  }
}
