import { expect, test } from '@jest/globals';
import { findingsOf, type KnownFacts, type PayLine } from './findings.js';

const line: PayLine = { nip: '197001011995031001', nik: '5371010101700001', periode: '2026-11-01', terusan: false, rekening: '0010000001' };
const alive: KnownFacts = { asn: { tmtPensiun: '2028-02-01', kedudukanHukum: '01' }, death: undefined, movedOut: undefined, lastAccount: '0010000001' };

test.each<[string, Partial<PayLine>, Partial<KnownFacts>, string[]]>([
  ['an ordinary line', {}, {}, []],
  ['the month of the death itself is still a salary', {}, { death: '2026-11-20' }, []],
  ['the month after a death must be gaji terusan', {}, { death: '2026-10-20' }, ['Pegawai meninggal 2026-10-20; baris ini seharusnya gaji terusan bulan ke-1']],
  ['gaji terusan in its first month', { terusan: true }, { death: '2026-10-20' }, []],
  ['gaji terusan in its fourth month', { terusan: true }, { death: '2026-07-31' }, []],
  ['gaji terusan in its fifth month', { terusan: true }, { death: '2026-06-01' }, ['Gaji terusan bulan ke-5 sejak meninggal 2026-06-01; paling lama 4 bulan']],
  ['over the turn of the year', { terusan: true, periode: '2027-01-01' }, { death: '2026-09-30' }, []],
  ['gaji terusan of somebody alive', { terusan: true }, {}, ['Gaji terusan tetapi Dispenduk tidak mencatat kematian']],
  ['unknown at BKN', {}, { asn: undefined }, ['NIP pada daftar gaji tidak ada di data BKN']],
  ['the day of retirement', {}, { asn: { tmtPensiun: '2026-11-01', kedudukanHukum: '01' } }, ['TMT pensiun 2026-11-01 sudah lewat pada periode ini']],
  ['retirement next month', {}, { asn: { tmtPensiun: '2026-12-01', kedudukanHukum: '01' } }, []],
  ['another account', { rekening: '0019999999' }, {}, ['Rekening berbeda dari gaji terakhir yang dibayar']],
  ['a first salary has no account before it', { rekening: '0019999999' }, { lastAccount: undefined }, []],
  ['living outside the city is only a note', {}, { movedOut: '2026-08-01' }, ['Pindah keluar kota 2026-08-01; tinggal di luar kota tidak menghentikan gaji']],
])('%s', (_, changed, known, sentences) => {
  const found = findingsOf({ ...line, ...changed }, { ...alive, ...known });
  expect(found.map((finding) => finding.uraian)).toEqual(sentences);
  expect(found.filter((finding) => finding.jenis === 'CATATAN').map((finding) => finding.kode)).toEqual(known.movedOut ? ['PINDAH_KELUAR'] : []);
});
