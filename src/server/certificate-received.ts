import {
  type CertificateIdentification,
  identificationOf,
  isIdentifiedBy,
  readIdentification,
} from '../security/certificates/identification.js';
import type { ExchangeType } from '../session/certificate-exchange.js';
import type { Certificate } from './certificate.js';
import type { OFTPConnection } from './connection.js';

/** What the connection knows about a certificate that has come. */
export interface CertificateArrival {
  readonly connection: OFTPConnection;
  readonly type: ExchangeType;
  readonly path: string;
  readonly certificate: Certificate;
  readonly virtualFileDate: string;
  readonly originator: string;
  readonly destination: string;
  /** SFIDDESC */
  readonly description: string;
  readonly replayed: boolean;
}

/**
 * The partner has sent a certificate, by the reserved name of certificate exchange. Its octets are those of an X.509
 * certificate; nothing else about it has been checked: whether to trust and to use it is the handler's decision. A
 * request is answered with `connection.exchangeCertificate({ type: 'deliver', … })`, now or in a later session.
 */
export class CertificateReceivedEvent {
  readonly connectionId: number;
  readonly connection: OFTPConnection;
  /** Full path of the certificate in DER, in `downloadDirectory`. */
  readonly certificateFileName: string;
  /**
   * `request`: the partner wants one in return. `replace`: it takes the place of the earlier ones, which are not valid
   * any more. `deliver`: the answer to a request, or another one besides the earlier ones.
   */
  readonly certificateExchangeType: ExchangeType;
  readonly certificate: Certificate;
  /** SFIDDATE and SFIDTIME in `virtualFileDateFormat`. */
  readonly virtualFileDate: string;
  /** SFIDORIG: the station whose certificate this is. */
  readonly originator: string;
  /** SFIDDEST */
  readonly destination: string;
  /** SFIDDESC as it came. */
  readonly description: string;
  /** The certificate that the description names, which this one follows; null where it names none. */
  readonly identification: CertificateIdentification | null;
  /** The certificate came before a crash or shutdown, and this event may have been raised for it before. */
  readonly replayed: boolean;

  constructor(arrival: CertificateArrival) {
    this.connectionId = arrival.connection.id;
    this.connection = arrival.connection;
    this.certificateFileName = arrival.path;
    this.certificateExchangeType = arrival.type;
    this.certificate = arrival.certificate;
    this.virtualFileDate = arrival.virtualFileDate;
    this.originator = arrival.originator;
    this.destination = arrival.destination;
    this.description = arrival.description;
    this.identification = readIdentification(arrival.description) ?? null;
    this.replayed = arrival.replayed;
  }

  /**
   * Whether this one follows a known certificate of the partner: the one that the description names; without such a
   * description, one of the same issuer, owner and purposes.
   */
  follows(known: Certificate): boolean {
    const identification = this.identification ?? identificationOf(this.certificate.encoded);
    return isIdentifiedBy(identificationOf(known.encoded), identification);
  }
}
