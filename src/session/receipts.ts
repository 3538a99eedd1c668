import { WorkerPoolError } from '../pool/worker-pool.js';
import type { EERP, NERP } from '../protocol/commands/codec.js';
import { signedFields, signedFieldsWithoutCreator } from '../protocol/commands/signed-fields.js';
import type { HashName } from '../security/suites.js';
import { OFTPError } from '../settings/errors.js';
import type { EndResponse } from '../store/store.js';
import type { SessionContext } from './context.js';
import { commandOf } from './end-responses.js';
import type { Prepared } from './prepared-files.js';
import { receiptHashOf } from './protection.js';
import { attributesOf } from './received-record.js';

const NO_OCTETS = new Uint8Array(0);

/** The level that has signatures. */
const SECURED_LEVEL = 5;

/**
 * Signs an end response with the hash of the file it answers. Where that is impossible it goes out unsigned and
 * without a hash (RFC 5024 §4.3.6), and an error says why.
 */
export async function signReceipt(
  session: SessionContext,
  response: EndResponse,
  fileHash: string,
  hash: HashName,
): Promise<EndResponse> {
  const { monitor, settings, environment } = session;
  const { receiptSigning: signer } = monitor.identities();
  if (signer === undefined) {
    monitor.error(unsigned(response, 686, 'there is no own certificate with its private key: set certificate'));
    return response;
  }
  if (fileHash === '') {
    monitor.error(unsigned(response, 684, 'the hash of the file is not known'));
    return response;
  }
  const hashed = { ...response, hash: Buffer.from(fileHash, 'base64') };
  try {
    const signature = await environment.pool.runTwice('signEndResponse', {
      fields: signedFields(commandOf(hashed, SECURED_LEVEL)),
      signer,
      hash,
      includeCertificate: settings.includeSignerCertificate,
    });
    return { ...hashed, signature };
  } catch (error) {
    // It can still be signed later, when the file is taken up again.
    if (error instanceof WorkerPoolError && error.code !== 'WORKER_LOST') throw error;
    monitor.error(unsigned(response, 684, (error as Error).message, error));
    return response;
  }
}

/**
 * An end response of the application as it goes out: signed where the sender of the file asked for that. One that has a
 * signature is passed on untouched, and so is everything about files that are not for this station.
 */
export async function completeReceipt(session: SessionContext, response: EndResponse): Promise<EndResponse> {
  if (response.signature.length > 0) return response;
  const record = await session.environment.store.findReceived(response.file);
  const attributes = record && attributesOf(record);
  if (attributes === undefined || attributes.relayed || !attributes.sign) return response;
  const hash = Buffer.from(response.hash).toString('base64');
  return signReceipt(session, { ...response, hash: NO_OCTETS }, hash, receiptHashOf(attributes));
}

function unsigned({ name, file }: EndResponse, code: 684 | 686, why: string, cause?: unknown): OFTPError {
  return new OFTPError(code, `the ${name} for ${file.name} goes out unsigned although it was wanted signed: ${why}`, {
    cause,
  });
}

/**
 * Checks what a received end response proves. Whatever comes out, the response itself is taken: what follows from it is
 * local policy (RFC 5024 §3.3.5).
 *
 * @param prepared what is known about the file that was sent
 * @returns true: signature and hash hold; false: not, and an error says why; null: there was nothing to check
 */
export async function verifyReceipt(
  session: SessionContext,
  command: EERP | NERP,
  prepared: Prepared | undefined,
): Promise<boolean | null> {
  const wanted = prepared?.signedReceipt === true;
  if (!wanted && command.sig.length === 0) return null;
  const error = (await signatureProblem(session, command)) ?? hashProblem(command, prepared?.hash ?? '');
  if (error === undefined) return true;
  session.monitor.error(error);
  return false;
}

async function signatureProblem(session: SessionContext, command: EERP | NERP): Promise<OFTPError | undefined> {
  const { name, dsn, sig: signature } = command;
  if (signature.length === 0)
    return new OFTPError(683, `the ${name} for ${dsn} is not signed, a signature was asked for`);
  const { receiptVerification } = session.monitor.identities();
  if (receiptVerification.length === 0) {
    return new OFTPError(
      689,
      `the signature of the ${name} for ${dsn} cannot be checked without the partner's certificate: ` +
        'set recipientCertificate',
    );
  }
  const expected = [signedFields(command)];
  if (command.name === 'NERP') expected.push(signedFieldsWithoutCreator(command));
  const { pool } = session.environment;
  try {
    const certificates = await session.monitor.usable(receiptVerification);
    const verdict = await pool.runTwice('verifyEndResponse', { signature, expected, certificates });
    if (verdict.valid) return undefined;
    return new OFTPError(683, `the signature of the ${name} for ${dsn} is not valid: ${verdict.message}`);
  } catch (error) {
    if (error instanceof OFTPError) return error;
    const text = `the signature of the ${name} for ${dsn} could not be checked: ${(error as Error).message}`;
    return new OFTPError(684, text, { cause: error });
  }
}

function hashProblem({ name, dsn, hsh }: EERP | NERP, expected: string): OFTPError | undefined {
  const received = Buffer.from(hsh).toString('base64');
  if (expected === '' || received === expected) return undefined;
  return new OFTPError(
    682,
    `the ${name} for ${dsn} is about other octets than those sent: its hash is ${received || 'missing'}, ` +
      `ours is ${expected}`,
  );
}
