import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_WITH_SHA256 = '06082a8648ce3d040302';
const COMMON_NAME = '0603550403';
const SUBJECT_ALT_NAME = '0603551d11';
const DAY_MS = 86_400_000;

/** A fresh self-signed certificate for 127.0.0.1 and localhost, valid for a day: no key lies in the repository. */
export function createCertificate(nowMs: number): { key: string; cert: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = wrap(
    SEQUENCE,
    wrap(SET, wrap(SEQUENCE, hex(COMMON_NAME), wrap(0x0c, Buffer.from('localhost')))),
  );
  const algorithm = wrap(SEQUENCE, hex(ECDSA_WITH_SHA256));
  const body = wrap(
    SEQUENCE,
    wrap(0xa0, hex('020102')),
    wrap(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name,
    wrap(SEQUENCE, encodeTime(nowMs - DAY_MS), encodeTime(nowMs + DAY_MS)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    wrap(0xa3, wrap(SEQUENCE, encodeAltNames())),
  );
  const signature = wrap(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: encodePem(wrap(SEQUENCE, body, algorithm, signature)),
  };
}

function encodeAltNames(): Buffer {
  const names = wrap(SEQUENCE, wrap(0x82, Buffer.from('localhost')), wrap(0x87, Buffer.of(127, 0, 0, 1)));
  return wrap(SEQUENCE, hex(SUBJECT_ALT_NAME), wrap(0x04, names));
}

/** GeneralizedTime: YYYYMMDDHHMMSSZ. */
function encodeTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '').slice(0, 14);
  return wrap(0x18, Buffer.from(`${digits}Z`));
}

/** One DER element: tag, length, content. */
function wrap(tag: number, ...content: Buffer[]): Buffer {
  const bytes = Buffer.concat(content);
  if (bytes.length < 0x80) return Buffer.concat([Buffer.of(tag, bytes.length), bytes]);
  return Buffer.concat([Buffer.of(tag, 0x82, bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function encodePem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
