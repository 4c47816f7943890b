/** What an error of PostgreSQL or of the way there means for the runtime. */
import pg from 'pg';
import { ContractError, CredentialError, messageOf, RejectedRecord, RetriableError, SettingsError } from '../../hub/errors.js';
import type { PostgresSettings } from './settings.js';

/** Turns anything thrown by `pg` into an error by outcome. `where` begins the sentence: `Basis data simpeg di db.kota`. */
export function outcomeOf(error: unknown, settings: PostgresSettings, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (isOutcome(error)) return error;
  const where = placeOf(settings);
  const message = messageOf(error);
  const options = { cause: error };
  if (!(error instanceof pg.DatabaseError)) {
    const tls = tlsFault(error, message, settings);
    if (tls) return new SettingsError([{ path: 'settings.tls', message: `${where}: ${tls}` }], options);
    if (/password must be a string|SASL/i.test(message)) return new CredentialError(`${where} menolak pengguna hub (${message}); periksa kata sandinya.`, options);
    return isNetwork(error, message) ? new RetriableError(`${where} tidak terjangkau (${message}); periksa jaringan dan server.`, options) : error;
  }
  const state = error.code ?? '';
  if (state === '28000' && message.includes('no encryption')) return new SettingsError([{ path: 'settings.tls', message: `${where} hanya menerima pengguna hub lewat TLS; isi "tls: verify" atau "tls: require"` }], options);
  if (state.startsWith('28')) return new CredentialError(`${where} menolak pengguna hub (${message}); periksa nama dan kata sandi.`, options);
  if (state === '42501') return new CredentialError(`${where}: hak pengguna hub kurang (${message}); minta GRANT dari pengelola basis data.`, options);
  if (state === '3D000') return new SettingsError([{ path: 'settings.url', message: `${where} tidak ada; periksa nama basis data` }], options);
  if (state === '25006') return new SettingsError([{ path: 'settings.query', message: 'kueri sumber hanya boleh membaca' }], options);
  if (state === '42601') return new SettingsError([{ path: settings.query ? 'settings.query' : 'settings.table', message: `SQL tidak benar: ${message}` }], options);
  if (state === '42P10') return new ContractError(`${where}: tabel ${settings.table} tidak punya kunci unik untuk kolom ${settings.key?.join(', ') ?? 'kunci'}; tambahkan PRIMARY KEY atau UNIQUE.`, [], options);
  if (/^(42|3F|22|23|21|0A|54)/.test(state)) return new ContractError(`${where}: ${message}; cocokkan tabel dan kolom dengan setelan.`, [], options);
  // Connection (08), transaction conflicts (40), resources (53), locks (55), operator and shutdown (57), I/O and internal errors (58, XX) pass.
  return new RetriableError(`${where} sedang tidak dapat melayani (${message}).`, options);
}

/** What is wrong with the way to a secured server; undefined when it is something else. */
function tlsFault(error: unknown, message: string, { ca }: PostgresSettings): string | undefined {
  const code = String((error as { code?: unknown }).code);
  if (/does not support SSL/i.test(message)) return 'server tidak memakai TLS; minta pengelolanya menyalakan TLS, atau isi "tls: off" bila server itu ada di jaringan sendiri';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'sertifikat server bukan untuk nama itu; tulis nama yang ada pada sertifikatnya di "url"';
  if (code === 'CERT_HAS_EXPIRED') return 'sertifikat server atau penerbitnya sudah kedaluwarsa; minta pengelolanya memperbarui';
  if (code === 'CERT_NOT_YET_VALID') return 'sertifikat server belum berlaku; periksa jam server hub';
  if (/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/.test(code)) {
    return ca ? 'sertifikat server tidak diterbitkan oleh CA pada setelan "ca"; minta sertifikat CA yang benar dari pengelolanya' : 'penerbit sertifikat server tidak dikenal; isi "ca" dengan sertifikat CA dari pengelolanya';
  }
  return /^ERR_(SSL|TLS|OSSL)/.test(code) || /establishing an SSL|certificate/i.test(message) ? `sambungan TLS gagal (${message}); periksa "tls" dan "ca"` : undefined;
}

/** The name of the other side for a sentence, without user and password. */
export function placeOf(settings: PostgresSettings): string {
  const url = new URL(settings.url);
  return `Basis data ${decodeURIComponent(url.pathname.slice(1)) || 'bawaan'} di ${url.hostname || url.searchParams.get('host') || 'server lokal'}`;
}

/** Whether a record (not the connection, not the table) caused the error, so that bisecting finds it. */
export function isDataError(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && /^(22|23)/.test(error.code ?? '');
}

function isOutcome(error: unknown): boolean {
  return [RetriableError, CredentialError, ContractError, SettingsError, RejectedRecord].some((kind) => error instanceof kind);
}

function isNetwork(error: unknown, message: string): boolean {
  const code = (error as { code?: unknown }).code;
  return (typeof code === 'string' && /^(E[A-Z]+|ERR_SOCKET|ERR_STREAM)/.test(code)) || /connection|timeout|terminated|closed/i.test(message) || error instanceof AggregateError;
}
