import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { LifeEvent } from './events.js';
import { payroll, type PayLine } from './payroll.js';
import { createPopulation, type Resident } from './population.js';
import { type CitySimulators, createStory, type Letter, type LetterRequest, type Proposal } from './story.js';

const population = createPopulation();

/** The agencies as notebooks: what they were told, in their own tables. */
function notebooks() {
  const residents = new Map(population.residents.map((one) => [one.nik, one]));
  const events: LifeEvent[] = [];
  const proposals: Proposal[] = [];
  const requests: LetterRequest[] = [];
  const letters: Letter[] = [];
  const deaths = new Map<string, string>();
  const payrolls = new Map<string, PayLine[]>();
  const city: CitySimulators = {
    dispenduk: { putResident: (one: Resident) => void residents.set(one.nik, one), addEvent: (event) => void events.push(event) },
    simpeg: { addUsulan: (proposal) => void proposals.push(proposal) },
    bkd: { recordDeath: (nip, date) => void deaths.set(nip, date), closePayroll: (month) => void payrolls.set(month, payroll(population.employees, month, deaths)) },
    sodamolek: { request: (request) => void requests.push(request), issue: (letter) => void letters.push(letter) },
  };
  return { city, residents, events, proposals, requests, letters, deaths, payrolls };
}

test('the whole day, and what every agency knows afterwards', async () => {
  const { steps, cast, months } = createStory(population, '2026-11-24');
  const told = notebooks();
  expect(steps.map((step) => step.name)).toEqual(['kelahiran', 'pindah', 'promosi', 'gajian', 'surat', 'kematian', 'gaji-terusan']);
  for (const step of steps) await step.apply(told.city);

  expect(told.events.map((event) => [event.jenis, event.nik, event.tanggal_peristiwa, event.tanggal_lapor])).toEqual([
    ['LAHIR', cast.child.nik, '2026-11-23', '2026-11-24'],
    ['PINDAH', cast.mover.nik, '2026-11-23', '2026-11-24'],
    ['MATI', cast.deceased.nik, '2026-11-23', '2026-11-24'],
  ]);
  expect(told.letters.map((letter) => [letter.jenis_surat, letter.nik])).toEqual([['KELAHIRAN', undefined], ['KEMATIAN', cast.deceased.nik]]);
  expect(told.residents.get(cast.child.nik)).toMatchObject({ hubungan_keluarga: '4', tanggal_lahir: '2026-11-23', status_dasar: '1' });
  expect(told.residents.get(cast.mover.nik)!.kode_kelurahan.slice(0, 8)).not.toBe(cast.mover.kode_kelurahan.slice(0, 8));
  expect(told.residents.get(cast.deceased.nik)!.status_dasar).toBe('2');
  expect(told.proposals.map((proposal) => [proposal.nip, proposal.eselon_id, proposal.tmt_jabatan])).toEqual([[cast.promoted.nip, '42', '2026-11-23']]);
  expect(told.requests[0]!.nik).toBe(cast.applicant.nik);
  expect(told.requests[0]!.kode_kelurahan_layanan.slice(0, 8)).not.toBe(cast.applicant.kode_kelurahan.slice(0, 8));

  expect(months).toEqual({ payday: '2026-11', terusan: '2026-12' });
  const lineOf = (month: string): PayLine[] => told.payrolls.get(month)!.filter((line) => line.nip === cast.deceased.nip);
  expect(lineOf('2026-11').map((line) => line.jenis_gaji)).toEqual(['INDUK']);
  expect(lineOf('2026-12').map((line) => line.jenis_gaji)).toEqual(['TERUSAN']);
});

test('the story is about different families', () => {
  const { cast } = createStory(population, '2026-11-24');
  expect(new Set([cast.child.no_kk, cast.mover.no_kk, cast.promoted.no_kk, cast.applicant.no_kk, cast.deceased.no_kk]).size).toBe(5);
});

test('sentences name no person and no number of one', () => {
  const { steps, cast } = createStory(population, '2026-11-24');
  const names = [cast.child.nama_lengkap, cast.mover.nama_lengkap, cast.promoted.nama, cast.applicant.nama_lengkap, cast.deceased.nama];
  for (const { sentence } of steps) {
    expect(sentence).not.toMatch(/\d{9,}/);
    expect(names.filter((name) => sentence.includes(name))).toEqual([]);
  }
});

test('a death on New Year’s Eve makes January the first month of gaji terusan', () => {
  expect(createStory(population, '2027-01-01').months).toEqual({ payday: '2026-12', terusan: '2027-01' });
});

test('what is told has the names of the contracts', async () => {
  const told = notebooks();
  for (const step of createStory(population, '2026-11-24').steps) await step.apply(told.city);
  const unknown = (contract: string, values: readonly object[]): string[] => {
    const fields = (JSON.parse(readFileSync(`schemas/${contract}.avsc`, 'utf8')) as { fields: { name: string }[] }).fields.map((field) => field.name);
    return values.flatMap((value) => Object.keys(value)).filter((name) => !fields.includes(name));
  };
  expect([...unknown('kependudukan/peristiwa', told.events), ...unknown('kepegawaian/usulan', told.proposals), ...unknown('layanan/permohonan', told.requests), ...unknown('layanan/dokumen', told.letters)]).toEqual([]);
});

test('a city that is too small says what it lacks', () => {
  expect(() => createStory(createPopulation({ residents: 30, asn: 0 }), '2026-11-24')).toThrow('the synthetic city is too small for the story: there is no a married PNS who lives in the city');
});
