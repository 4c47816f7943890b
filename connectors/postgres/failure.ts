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
    if (/does not support SSL|certificate|self.signed/i.test(message)) {
      return new SettingsError([{ path: 'settings.tls', message: `${where}: sambungan TLS gagal (${message}); periksa "tls" dan "ca"` }], options);
    }
    if (/password must be a string|SASL/i.test(message)) return new CredentialError(`${where} menolak pengguna hub (${message}); periksa kata sandinya.`, options);
    return isNetwork(error, message) ? new RetriableError(`${where} tidak terjangkau (${message}); periksa jaringan dan server.`, options) : error;
  }
  const state = error.code ?? '';
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
