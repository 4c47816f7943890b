import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { registeredEvents } from './events.js';
import { createPopulation } from './population.js';
import { siakView } from './siak.js';
import { siasnView } from './siasn.js';

const population = createPopulation();
const { residents, employees, reference } = population;
const fieldsOf = (contract: string): string[] => (JSON.parse(readFileSync(`schemas/${contract}.avsc`, 'utf8')) as { fields: { name: string }[] }).fields.map((field) => field.name);

test('the same seed makes the same city, another seed another one', () => {
  const again = createPopulation({ residents: 600, asn: 60, seed: 7 });
  const same = createPopulation({ residents: 600, asn: 60, seed: 7 });
  expect(again.residents).toEqual(same.residents);
  expect(again.employees).toEqual(same.employees);
  expect(createPopulation({ residents: 600, asn: 60, seed: 8 }).residents[0]).not.toEqual(again.residents[0]);
});

test('more ASN than there are adults are refused', () => {
  expect(() => createPopulation({ residents: 50, asn: 800 })).toThrow(RangeError);
});

describe('residents', () => {
  test('as many as wanted, in every one of the 51 kelurahan, each NIK once', () => {
    expect(residents).toHaveLength(5000);
    expect(new Set(residents.map((one) => one.kode_kelurahan))).toEqual(new Set(reference.kelurahan.map((one) => one.kode)));
    expect(reference.kelurahan).toHaveLength(51);
    expect(new Set(residents.map((one) => one.nik)).size).toBe(5000);
  });

  test('a NIK carries birth date and sex, but for a few whose date of birth was corrected', () => {
    const differing = residents.filter(({ nik, tanggal_lahir, jenis_kelamin }) => {
      const day = Number(nik.slice(6, 8)) - (jenis_kelamin === '2' ? 40 : 0);
      return `${String(day).padStart(2, '0')}${nik.slice(8, 12)}` !== tanggal_lahir.slice(8) + tanggal_lahir.slice(5, 7) + tanggal_lahir.slice(2, 4);
    });
    expect(residents.every((one) => /^\d{12}(?!0000)\d{4}$/.test(one.nik))).toBe(true);
    expect(differing.length).toBeGreaterThan(5);
    expect(differing.length).toBeLessThan(75);
  });

  test('some were registered elsewhere, a few under numbers that a JavaScript number does not hold', () => {
    expect(residents.filter((one) => !one.nik.startsWith('5371')).length).toBeGreaterThan(200);
    expect(residents.filter((one) => !Number.isSafeInteger(Number(one.nik))).length).toBeGreaterThan(20);
  });

  test('families have one head, and children born years after their parents', () => {
    const heads = residents.filter((one) => one.hubungan_keluarga === '1');
    expect(heads).toHaveLength(new Set(residents.map((one) => one.no_kk)).size);
    const yearOf = (nik: string): number | undefined => {
      const year = population.resident(nik)?.tanggal_lahir.slice(0, 4);
      return year === undefined ? undefined : Number(year);
    };
    const ages = residents.flatMap((child) => [child.nik_ayah, child.nik_ibu].flatMap((nik) => (nik && yearOf(nik) ? Number(child.tanggal_lahir.slice(0, 4)) - yearOf(nik)! : [])));
    expect(ages.length).toBeGreaterThan(2000);
    expect(Math.min(...ages)).toBeGreaterThan(17);
  });

  test('nobody is born after the day they are counted on', () => {
    expect(residents.filter((one) => one.tanggal_lahir > '2025-06-30')).toEqual([]);
  });

  test('SIAK shows labels, numbers and one of three ways to write a date', () => {
    const one = residents[0]!;
    expect(siakView(one, reference)).toMatchObject({ NIK: one.nik, TGL_LHR: one.tanggal_lahir, JENIS_KLMIN: expect.stringMatching(/^(LAKI-LAKI|PEREMPUAN)$/), STAT_HBKEL: 'KEPALA KELUARGA', NO_PROP: 53, NO_KAB: 71, NO_KEC: Number(one.kode_kelurahan.slice(6, 8)), NO_KEL: Number(one.kode_kelurahan.slice(9)) });
    const [year, month, day] = one.tanggal_lahir.split('-');
    expect(siakView(one, reference, 'DD.MM.YYYY').TGL_LHR).toBe(`${day}.${month}.${year}`);
  });

  test('fields are those of the contract', () => {
    expect(Object.keys(residents[0]!).filter((name) => !fieldsOf('kependudukan/penduduk').includes(name))).toEqual([]);
  });
});

describe('employees', () => {
  test('as many as wanted, in the order of NIP, each NIP once', () => {
    expect(employees).toHaveLength(800);
    expect(new Set(employees.map((one) => one.nip)).size).toBe(800);
    expect([...employees].sort((a, b) => (a.nip < b.nip ? -1 : 1))).toEqual(employees);
  });

  test('a NIP carries birth date, appointment, sex and serial; that of a PPPK has no month', () => {
    for (const one of employees) {
      expect(one.nip.slice(0, 8)).toBe(one.tanggal_lahir.replaceAll('-', ''));
      expect(one.nip[14]).toBe(one.jenis_kelamin);
      const sinceMonth = Number(one.nip.slice(12, 14));
      expect(one.status_pegawai === 'PNS' ? one.nip.slice(8, 14) === one.tmt_cpns.slice(0, 7).replace('-', '') : sinceMonth > 12).toBe(true);
    }
    expect(employees.filter((one) => one.status_pegawai === 'PPPK').length).toBeGreaterThan(50);
  });

  test('one in 25 lives outside the city and is no resident', () => {
    const outside = employees.filter((one) => !population.resident(one.nik));
    expect(outside).toHaveLength(32);
    expect(new Set(outside.map((one) => one.kode_wilayah))).toEqual(new Set(['53.01']));
  });

  test('of two ASN married to each other one claims the allowances', () => {
    const couples = employees.filter((one) => one.nip_pasangan !== null);
    expect(couples.length).toBeGreaterThan(10);
    for (const one of couples) {
      const other = population.employee(one.nip_pasangan!)!;
      expect(other.nip_pasangan).toBe(one.nip);
      expect(one.jumlah_pasangan + other.jumlah_pasangan).toBe(1);
    }
  });

  test('spouse and children are people of the family', () => {
    const family = employees.filter((one) => one.nik_pasangan !== null || one.nik_anak.length > 0);
    expect(family.length).toBeGreaterThan(300);
    for (const one of family) for (const nik of [one.nik_pasangan, ...one.nik_anak]) if (nik) expect(population.resident(nik)?.no_kk).toBe(one.no_kk);
  });

  test('SIASN shows dd-mm-yyyy and no date as 01-01-0001; for a few it lacks the last promotion', () => {
    const current = employees.find((one) => one.status_pegawai === 'PNS' && !one.tertinggal_di_siasn)!;
    const [year, month, day] = current.tanggal_lahir.split('-');
    expect(siasnView(current, reference).dataUtama).toMatchObject({ nipBaru: current.nip, tglLahir: `${day}-${month}-${year}`, tglMeninggal: '01-01-0001', golRuangAkhir: current.golongan });
    const behind = employees.filter((one) => one.tertinggal_di_siasn);
    expect(behind.length).toBeGreaterThan(0);
    for (const one of behind) expect(siasnView(one, reference).dataUtama.golRuangAkhir).not.toBe(one.golongan);
  });

  test('the history of grades ends with the present one', () => {
    for (const one of employees.filter((each) => each.status_pegawai === 'PNS' && !each.tertinggal_di_siasn)) {
      const last = siasnView(one, reference).riwayatGolongan.at(-1)!;
      expect([last.golongan, last.tmtGolongan]).toEqual([one.golongan, one.tmt_golongan.split('-').reverse().join('-')]);
    }
  });

  test('fields are those of the contract, and three that only other agencies know', () => {
    const contract = fieldsOf('kepegawaian/pegawai_simpeg');
    expect(Object.keys(employees[0]!).filter((name) => !contract.includes(name))).toEqual(['id_pns', 'tunjangan_jabatan', 'tertinggal_di_siasn']);
  });
});

describe('registered events', () => {
  const events = registeredEvents(population, 300);

  test('are in order, each once, and none is told before it happened', () => {
    expect(new Set(events.map((event) => event.id_peristiwa)).size).toBe(events.length);
    expect([...events].sort((a, b) => (a.tanggal_peristiwa < b.tanggal_peristiwa ? -1 : 1)).map((event) => event.tanggal_peristiwa)).toEqual(events.map((event) => event.tanggal_peristiwa));
    expect(events.filter((event) => event.tanggal_lapor < event.tanggal_peristiwa)).toEqual([]);
    expect(events.filter((event) => event.tanggal_lapor > event.tanggal_peristiwa).length).toBeGreaterThan(10);
  });

  test('fields are those of the contract', () => {
    const contract = fieldsOf('kependudukan/peristiwa');
    expect(events.flatMap((event) => Object.keys(event)).filter((name) => !contract.includes(name))).toEqual([]);
  });
});
