/** Proves who sent a request, and that it is not an old one played again. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ReceivedRequest } from '../../hub/connector.js';
import { RejectedRecord } from '../../hub/errors.js';
import type { SignatureSettings } from './settings.js';

const SIGNATURE = 'tanda tangan tidak ada atau salah';
const TOKEN = 'token tidak ada atau salah';

/**
 * @throws RejectedRecord with rule `signature`. A stranger's request says nothing about this instance, which goes on; the API answers 401.
 * The sentence does not say which part was wrong. Only who has signed rightly hears that the time is wrong, so that an honest sender can correct his clock.
 */
export function verifySignature(settings: SignatureSettings, request: ReceivedRequest, now: Date): void {
  if (settings.kind === 'token') {
    const given = valueAfter(request.headers[settings.header.toLowerCase()], settings.prefix);
    if (given === undefined || !anyOf(settings.secrets, (secret) => same(given, secret))) throw refused(TOKEN);
    return;
  }
  if (settings.kind === 'standard') {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = request.headers;
    if (!id || !timestamp || !signatures) throw refused(SIGNATURE);
    const given = signatures.split(' ').filter((entry) => entry.startsWith('v1,')).slice(0, 8);
    const right = anyOf(settings.secrets, (secret) => {
      const wanted = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(request.body).digest('base64');
      return anyOf(given, (entry) => same(entry.slice(3), wanted));
    });
    if (!right) throw refused(SIGNATURE);
    checkTime(timestamp, settings.tolerance, now);
    return;
  }
  const given = valueAfter(request.headers[settings.header.toLowerCase()], settings.prefix);
  const timestamp = settings.timestampHeader === undefined ? undefined : request.headers[settings.timestampHeader.toLowerCase()];
  if (given === undefined || (settings.timestampHeader !== undefined && timestamp === undefined)) throw refused(SIGNATURE);
  const text = settings.encoding === 'hex' ? given.toLowerCase() : given;
  const right = anyOf(settings.secrets, (secret) => {
    const hmac = createHmac('sha256', secret);
    if (timestamp !== undefined) hmac.update(`${timestamp}.`);
    return same(text, hmac.update(request.body).digest(settings.encoding));
  });
  if (!right) throw refused(SIGNATURE);
  if (timestamp !== undefined) checkTime(timestamp, settings.tolerance, now);
}

/** A secret of Standard Webhooks is `whsec_` and base64; others are taken as they are. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}

function checkTime(timestamp: string, tolerance: number, now: Date): void {
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  const apart = Math.abs(now.getTime() / 1000 - seconds);
  if (!(apart <= tolerance)) throw refused(`waktu kiriman berselisih lebih dari ${tolerance} detik dari waktu hub`);
}

function valueAfter(header: string | undefined, prefix: string): string | undefined {
  return header?.toLowerCase().startsWith(prefix.toLowerCase()) ? header.slice(prefix.length).trim() : undefined;
}

/** Compares in a time that does not depend on the content, nor on the lengths. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** `some` that always asks every entry. */
function anyOf<T>(entries: readonly T[], matches: (entry: T) => boolean): boolean {
  let found = false;
  for (const entry of entries) found = matches(entry) || found;
  return found;
}

function refused(message: string): RejectedRecord {
  return new RejectedRecord([{ path: '', rule: 'signature', message, repair: 'Periksa rahasia bersama, tajuk (header), cara menandatangani dan jam server pengirim', severity: 'reject' }]);
}
