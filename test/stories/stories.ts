/** What the city sees: one thing happens at one agency, and the others learn of it. Told to a whole hub, on the engine that is given. */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import { putCsv } from '../../connectors/city/files.js';
import { payLine, payroll } from '../../connectors/city/payroll.js';
import type { Resident } from '../../connectors/city/residents.js';
import { payday, putPayroll } from '../../connectors/city/seed.js';
import { eventually, type LivingCity, startLivingCity } from './living-city.js';

/** Topics with one source, and who reads them. */
const FLOWS: Readonly<Record<string, { source: string; sinks: readonly string[] }>> = {
  'kependudukan.penduduk': { source: 'dispenduk-penduduk', sinks: [] },
  'kependudukan.peristiwa': { source: 'dispenduk-peristiwa', sinks: ['sodamolek-warga'] },
  'kepegawaian.pegawai_simpeg': { source: 'simpeg-pegawai', sinks: [] },
  'kepegawaian.usulan': { source: 'simpeg-usulan', sinks: ['bkn-usulan'] },
  'kepegawaian.hasil_usulan': { source: 'bkn-usulan', sinks: ['simpeg-hasil-usulan'] },
  'keuangan.gaji': { source: 'bkd-gaji', sinks: [] },
  'keuangan.sp2d': { source: 'bkd-sp2d', sinks: [] },
  'keuangan.perintah_bayar': { source: 'bkd-perintah-bayar', sinks: ['bank-batch'] },
  'keuangan.status_bayar': { source: 'bank-balasan', sinks: ['bkd-status-bayar'] },
  'layanan.status': { source: 'sodamolek-status', sinks: ['sodamolek-kirim-status'] },
  'layanan.dokumen': { source: 'sodamolek-dokumen', sinks: ['sodamolek-cetak', 'dispenduk-surat-masuk'] },
  'infrastruktur.titik_wifi': { source: 'titik-wifi', sinks: [] },
  'literasi.kegiatan_pojok': { source: 'pojok-kegiatan', sinks: [] },
  'kesehatan.panggilan': { source: 'bks-panggilan', sinks: [] },
  'perizinan.izin': { source: 'sicantik-izin', sinks: [] },
};

export function tellStories(engine: () => Readonly<Record<string, string>>): void {
  let city: LivingCity;
  beforeAll(async () => {
    city = await startLivingCity(engine());
    await eventually('the salary of this month is paid', () => city.agencies.month !== '' && city.agencies.bkd.statuses.size === city.agencies.bkd.orders[0]!.baris.length, 50);
  });
  afterAll(async () => city?.close());

  test('everything is applied and every instance runs', async () => {
    expect(city.hub.faults()).toEqual([]);
    await eventually('every instance runs', async () => (await city.instances()).every(({ state }) => state === 'RUNNING'));
    await eventually('every resident is in the topic', async () => new Set((await city.records('kependudukan.penduduk')).map(({ nik }) => nik)).size === city.agencies.population.residents.length + 1);
    // One person died without BKAD hearing of it; of everybody else the first payroll is right.
    expect((await city.findings()).filter(({ aturan }) => aturan !== 'MENINGGAL_BUKAN_TERUSAN')).toEqual([]);
  });

  test('a death turns the next payroll line into gaji terusan; a fifth such month is a finding; the officer holds one and releases the other, each with a reason, and no line is dropped', async () => {
    const { population, deaths } = city.agencies;
    const [nip, died] = [...deaths][0]!;
    await eventually('Dispenduk has told of the death', async () => (await city.records('kependudukan.peristiwa')).some((event) => event.jenis === 'MATI' && event.tanggal_peristiwa === died));
    const month = (n: number): string => monthAfter(died, n);
    const line = async (periode: string) => (await city.records('keuangan.gaji')).find((one) => one.nip === nip && one.periode === periode);
    await city.tell('gajian');
    expect(await eventually('the next payroll has his line', () => line(month(2)))).toMatchObject({ jenis_gaji: 'TERUSAN' });
    const unheard = await eventually('whoever died without BKAD hearing of it is a finding', async () => (await city.findings()).find((one) => one.aturan === 'MENINGGAL_BUKAN_TERUSAN' && one.periode === month(2)));
    expect(unheard).toMatchObject({ jenis_gaji: 'INDUK', keputusan: 'MENUNGGU', uraian: `Pegawai meninggal ${died}; baris ini seharusnya gaji terusan bulan ke-2` });
    for (const n of [3, 4]) putPayroll(city.files, month(n), payroll(population.employees, month(n), deaths));
    // BKAD forgets to end it.
    const dead = population.employees.find((employee) => employee.nip === nip)!;
    putPayroll(city.files, month(5), [...payroll(population.employees, month(5), deaths), payLine(dead, month(5), 'TERUSAN')]);
    const finding = await eventually('the fifth month is a finding', async () => (await city.findings()).find((one) => one.aturan === 'TERUSAN_LEWAT_BULAN'));
    expect(finding).toMatchObject({ nip, periode: month(5), tingkat: 'TEMUAN', keputusan: 'MENUNGGU', petugas: 'Bidang Perbendaharaan BKAD', uraian: `Gaji terusan bulan ke-5 sejak meninggal ${died}; paling lama 4 bulan` });
    expect((await city.findings()).filter((one) => one.nip === nip)).toHaveLength(1);

    await city.ask('POST', `/payroll/findings/${String(finding.id_temuan)}`, { keputusan: 'DILEPAS', alasan: 'SK perpanjangan sudah terbit' });
    const decided = await eventually('the decision is kept', async () => (await city.findings()).find((one) => one.id_temuan === finding.id_temuan && one.keputusan !== 'MENUNGGU'));
    expect(decided).toMatchObject({ keputusan: 'DILEPAS', alasan: 'SK perpanjangan sudah terbit', uraian: finding.uraian });
    expect((await city.records('keuangan.temuan_gaji')).filter((one) => one.id_temuan === finding.id_temuan).map((one) => one.keputusan)).toEqual(['MENUNGGU', 'DILEPAS']);
    expect(await line(month(5))).toMatchObject({ jenis_gaji: 'TERUSAN' });

    await expect(city.ask('POST', `/payroll/findings/${String(unheard.id_temuan)}`, { keputusan: 'DITAHAN' })).rejects.toThrow('setiap keputusan perlu alasan tertulis');
    await city.ask('POST', `/payroll/findings/${String(unheard.id_temuan)}`, { keputusan: 'DITAHAN', alasan: 'Menunggu akta kematian' });
    expect(await eventually('it is held', async () => (await city.findings()).find((one) => one.id_temuan === unheard.id_temuan && one.keputusan !== 'MENUNGGU'))).toMatchObject({ keputusan: 'DITAHAN', alasan: 'Menunggu akta kematian' });
    expect((await city.records('keuangan.gaji')).filter((one) => one.nip === unheard.nip && one.periode === month(2))).toEqual([expect.objectContaining({ jenis_gaji: 'INDUK' })]);
  });

  test('a batch that differs from its SP2D is refused whole, and one sent twice is paid once', async () => {
    const { bkd, population } = city.agencies;
    const wrong = payday(population.employees.slice(0, 5), '2027-11', 901, new Map());
    const right = payday(population.employees.slice(5, 10), '2027-12', 902, new Map());
    bkd.warrants.push({ ...wrong.warrant, nilai_sp_2_d: '1000000.00' }, right.warrant);
    bkd.orders.push(wrong.order, right.order, right.order);
    await eventually('the bank has answered the right one', () => [1, 2, 3, 4, 5].every((n) => bkd.statuses.has(`${right.order.id_batch}|${n}`)));
    const refused = await eventually('the wrong one is a case', async () => (await city.cases('bank-batch'))[0]);
    expect(refused.faults).toEqual([expect.objectContaining({ path: 'total', message: expect.stringMatching(/^seluruh batch ditolak: total batch Rp [\d.]+,00, nilai SP2D Rp 1\.000\.000,00$/) })]);
    await eventually('the order that came twice was read twice', async () => (await city.records('keuangan.perintah_bayar')).filter((one) => one.id_batch === right.order.id_batch).length === 12);
    await eventually('the bank sink is at the end', async () => {
      const sink = await city.instance('bank-batch');
      return sink.recordsIn === (await city.records('keuangan.perintah_bayar')).length && sink;
    });
    const files = bankFiles();
    expect(files.filter((name) => name.includes('000901'))).toEqual([]);
    expect(files.filter((name) => name.includes('000902'))).toHaveLength(1);
    expect((await city.records('keuangan.status_bayar')).filter((one) => one.id_batch === right.order.id_batch).map((one) => one.nomor_urut).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(await city.cases('bank-batch')).toHaveLength(1);
  });

  test.each([
    ['told by webhook', true],
    ['pulled, because the webhook was missed', false],
  ])('a resident of one kelurahan gets a letter in another: %s', async (_, webhook) => {
    const { sodamolek, population } = city.agencies;
    const one = citizen(webhook ? 1 : 2);
    const elsewhere = population.reference.kelurahan.find(({ kode }) => kode !== one.kode_kelurahan)!.kode;
    const before = await city.instance('sodamolek-permohonan');
    const hook = sodamolek.webhookUrl;
    if (!webhook) sodamolek.webhookUrl = undefined;
    const number = await sodamolek.request({ jenis_surat: 'DOMISILI', nik: one.nik, kelurahan: elsewhere, keperluan: 'Membuka rekening' });
    sodamolek.webhookUrl = hook;
    const asked = await eventually('the request is complete', async () => (await city.records('layanan.permohonan')).find((request) => request.nomor_permohonan === number));
    expect(asked).toMatchObject({ nama_lengkap: one.nama_lengkap, tanggal_lahir: one.tanggal_lahir, alamat: one.alamat, kode_kelurahan_asal: one.kode_kelurahan, kode_kelurahan_layanan: elsewhere });
    expect((await city.instance('sodamolek-permohonan')).recordsOut - before.recordsOut).toBe(webhook ? 1 : 0);

    sodamolek.progress(number, 3);
    sodamolek.issue({ nomor_dokumen: `DOM-${number}`, nomor_permohonan: number, jenis_surat: 'DOMISILI', nik: one.nik, nama: one.nama_lengkap, kelurahan: elsewhere, nik_ibu: null, tanggal_peristiwa: null, tanggal_surat: '2026-11-24' });
    await eventually('its status arrives', () => sodamolek.received.status.get(number)?.status === 'Siap Diambil');
    expect(await eventually('its letter can be printed', () => sodamolek.received.cetak.get(`DOM-${number}`))).toMatchObject({ nomor_permohonan: number, jenis_surat: 'Keterangan Domisili', nama: one.nama_lengkap, kelurahan_terbit: elsewhere });
  });

  test('a promotion reaches BKN and comes back to SIMPEG', async () => {
    const { id_usulan: id, nip } = await eventually('the proposal is in the topic', async () => (await city.records('kepegawaian.usulan')).find((one) => one.nama_jabatan === 'KEPALA BIDANG'));
    const result = await eventually('SIMPEG has the answer', () => city.agencies.simpeg.result(String(id)));
    expect(result).toMatchObject({ nip, status: 'DITERIMA', id_riwayat: expect.stringMatching(/^rwj-/) });
    expect(await eventually('the history of posts has it', async () => (await city.records('kepegawaian.riwayat_jabatan')).find((row) => row.id_riwayat === result.id_riwayat))).toMatchObject({ nip, nama_jabatan: 'KEPALA BIDANG' });
  });

  test('a proposal that BKN refuses becomes a case, and the refusal comes back to SIMPEG', async () => {
    const { simpeg } = city.agencies;
    await city.faults('bkn', { refuseProposals: true });
    await simpeg.propose(proposal('USL-DITOLAK', 1));
    expect(await eventually('SIMPEG has the refusal', () => simpeg.result('USL-DITOLAK'))).toMatchObject({ status: 'DITOLAK', pesan: 'Gagal menyimpan', id_riwayat: null });
    expect((await city.cases('bkn-usulan')).map(({ faults }) => faults[0]!.message)).toEqual(['ditolak BKN: Gagal menyimpan']);
    await city.faults('bkn', { refuseProposals: false });
  });

  test('a file with 3 bad lines in 1,000 gives 997 records and 3 cases, and 1,000 after mending', async () => {
    const folder = join(city.files, 'kominfo/wifi');
    const before = await city.instance('titik-wifi');
    const bad = new Map([[17, { Mbps: 'cepat' }], [500, { Status: 'Rusak' }], [999, { 'Kode Kelurahan': '53.71.99.9999' }]]);
    putCsv(folder, 'titik-seribu.csv', Array.from({ length: 1000 }, (_, i) => ({ Kode: `UJI-${i + 1}`, Lokasi: `Tempat ${i + 1}`, Jenis: 'Kantor', 'Kode Kelurahan': '53.71.01.1001', Penyedia: 'Uji', Mbps: '50', Biaya: '450.000,00', Status: 'Aktif', ...bad.get(i + 1) })));
    const sheet = join(folder, 'ditolak/titik-seribu-perlu-diperbaiki.xlsx');
    await eventually('the sheet of rejected rows is there', () => existsSync(sheet));
    const after = await city.instance('titik-wifi');
    expect([after.recordsIn - before.recordsIn, after.recordsOut - before.recordsOut, after.cases - before.cases]).toEqual([1000, 997, 3]);
    const points = async () => (await city.records('infrastruktur.titik_wifi')).map((one) => String(one.id_titik)).filter((id) => id.startsWith('UJI-'));
    expect(await points()).toHaveLength(997);
    expect((await city.cases('titik-wifi')).map(({ faults }) => faults[0]!.path).sort()).toEqual(['kode_kelurahan', 'lebar_pita_mbps', 'status']);

    await mend(sheet, { Mbps: '50', Status: 'Aktif', 'Kode Kelurahan': '53.71.01.1001' }, join(folder, 'titik-seribu-perlu-diperbaiki.xlsx'));
    await eventually('the cases are closed', async () => (await city.instance('titik-wifi')).cases === 0);
    expect(new Set(await points()).size).toBe(1000);
    expect(await points()).toHaveLength(1000);
    expect((await city.cases('titik-wifi', 'closed')).map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
    expect(await city.instance('titik-wifi')).toMatchObject({ recordsIn: 1013, recordsOut: 1010, filtered: 3, cases: 0 });
  });

  test('letters of births and deaths reach the inbox of Dispenduk, and the receipt number returns', async () => {
    const { sodamolek, dispenduk } = city.agencies;
    const dead = citizen(3);
    sodamolek.issue({ nomor_dokumen: 'KMT-UJI-1', nomor_permohonan: null, jenis_surat: 'KEMATIAN', nik: dead.nik, nama: dead.nama_lengkap, kelurahan: dead.kode_kelurahan, nik_ibu: null, tanggal_peristiwa: '2026-11-20', tanggal_surat: '2026-11-24' });
    const letters = await eventually('both letters are there', () => [...dispenduk.inbox.keys()].some((number) => number.startsWith('KLH-')) && dispenduk.inbox.has('KMT-UJI-1') && [...dispenduk.inbox]);
    expect(letters.map(([, { document }]) => document.jenis_surat).sort()).toEqual(['KELAHIRAN', 'KEMATIAN']);
    const receipts = await eventually('both receipts returned', async () => {
      const found = await city.records('layanan.tanda_terima');
      return found.length >= 2 && found;
    });
    expect(receipts.map((one) => [one.nomor_dokumen, one.nomor_tanda_terima]).sort()).toEqual(letters.map(([number, { receipt }]) => [number, receipt]).sort());
  });

  test('differences between SIMPEG and BKN become cases of BKPP, and pass once SIMPEG is mended', async () => {
    const { population, siasn, simpeg } = city.agencies;
    const behind = population.employees.filter((one) => one.tertinggal_di_siasn && one.golongan_id !== null).map(({ nip }) => nip);
    const differing = async () => Promise.all((await city.cases('simpeg-banding-bkn')).map(async ({ id }) => ({ id, nip: (await city.ask<{ payload: { nip: string } }>('GET', `/cases/${id}`)).payload.nip })));
    await eventually('those whom BKN has not promoted yet are cases', async () => isDeepStrictEqual((await differing()).map(({ nip }) => nip).sort(), behind.sort()));
    const { nip } = population.employees.find((one) => one.golongan === 'III/a' && !behind.includes(one.nip))!;
    Object.assign(siasn.get(nip)!.dataUtama, { golRuangAkhirId: '32', golRuangAkhir: 'III/b' });
    const { id } = await eventually('whom BKN has promoted meanwhile is one too', async () => (await differing()).find((one) => one.nip === nip));
    expect(await city.ask('GET', `/cases/${id}`)).toMatchObject({ owner: 'bkpp', faults: [{ path: 'golongan', message: 'golongan di SIMPEG berbeda dari BKN' }] });
    await simpeg.change(nip, { golongan: 'III/b', golongan_id: 32 });
    await eventually('the record passes', async () => (await city.ask<{ outcome: string }>('POST', `/cases/${id}/replay`)).outcome === 'accepted');
    expect((await differing()).map((one) => one.nip).sort()).toEqual(behind);
  });

  test('agencies are down for an hour and come back: nothing is lost and nothing repeated', async () => {
    const { sodamolek, simpeg, bkd, bkn, population, siasn } = city.agencies;
    const saved = bkn.calls.save;
    const hook = sodamolek.webhookUrl;
    for (const agency of ['sodamolek', 'bkn', 'bkd']) await city.faults(agency, { down: true });
    sodamolek.webhookUrl = undefined;
    const numbers = await Promise.all([4, 5, 6].map((n) => sodamolek.request({ jenis_surat: 'USAHA', nik: citizen(n).nik, kelurahan: citizen(n).kode_kelurahan, keperluan: 'Usaha' })));
    for (const number of numbers) sodamolek.issue({ nomor_dokumen: `USH-${number}`, nomor_permohonan: number, jenis_surat: 'USAHA', nik: citizen(4).nik, nama: 'UJI', kelurahan: citizen(4).kode_kelurahan, nik_ibu: null, tanggal_peristiwa: null, tanggal_surat: '2026-11-24' });
    for (const n of [2, 3]) await simpeg.propose(proposal(`USL-MATI-${n}`, n));
    const { warrant, order } = payday(population.employees.slice(0, 7), '2028-01', 903, new Map());
    bkd.warrants.push(warrant);
    bkd.orders.push(order);
    const hurt = ['sodamolek-susulan', 'sodamolek-dokumen', 'bkn-usulan', 'bkn-asn', 'bkd-perintah-bayar', 'bkd-sp2d'];
    await eventually('the hub waits for them', async () => (await city.instances()).filter(({ name, state }) => hurt.includes(name) && state === 'WAITING').length === hurt.length);
    for (let minute = 0; minute < 60; minute += 10) {
      city.clock.advance(600_000);
      await eventually('the hub still waits', async () => (await city.instances()).every(({ name, state }) => !hurt.includes(name) || state === 'WAITING'));
    }

    for (const agency of ['sodamolek', 'bkn', 'bkd']) await city.faults(agency, { down: false });
    sodamolek.webhookUrl = hook;
    city.clock.advance(61_000);
    await eventually('every letter arrived', () => numbers.every((number) => sodamolek.received.cetak.has(`USH-${number}`)));
    await eventually('every answer of BKN arrived', async () => (await simpeg.result('USL-MATI-2')) && (await simpeg.result('USL-MATI-3')));
    await eventually('every payment was told', () => order.baris.every((_, i) => bkd.statuses.has(`${order.id_batch}|${i + 1}`)));
    await eventually('everything runs', async () => (await city.instances()).every(({ state }) => state === 'RUNNING'));
    const counted = async (topic: string, of: (record: { [name: string]: unknown }) => boolean) => (await city.records(topic)).filter(of).length;
    expect(await counted('layanan.permohonan', (one) => numbers.includes(String(one.nomor_permohonan)))).toBe(3);
    expect(await counted('layanan.dokumen', (one) => String(one.nomor_dokumen).startsWith('USH-'))).toBe(3);
    expect(await counted('kepegawaian.hasil_usulan', (one) => String(one.id_usulan).startsWith('USL-MATI-'))).toBe(2);
    expect(await counted('keuangan.perintah_bayar', (one) => one.id_batch === order.id_batch)).toBe(8);
    expect(await counted('keuangan.status_bayar', (one) => one.id_batch === order.id_batch)).toBe(7);
    expect(bkn.calls.save - saved).toBe(2);
    expect([...siasn.values()].flatMap((file) => file.riwayatJabatan).filter((row) => String(row.nomorSk).startsWith('821/UJI-USL-MATI'))).toHaveLength(2);
    expect(bankFiles().filter((name) => name.includes('000903'))).toHaveLength(1);
  });

  test('in the end everything that was read is out, filtered or a case, and every case can be shown', async () => {
    const instances = await city.instances();
    for (const { name, cases } of instances) expect([name, (await city.cases(name)).length]).toEqual([name, cases]);
    await eventually('the topics hold what their sources wrote, and the sinks have read them to their ends', async () => {
      for (const [topic, { source, sinks }] of Object.entries(FLOWS)) {
        const held = (await city.records(topic)).length;
        expect([topic, 'written', (await city.instance(source)).written]).toEqual([topic, 'written', held]);
        for (const sink of sinks) expect([topic, sink, (await city.instance(sink)).recordsIn]).toEqual([topic, sink, held]);
      }
      return true;
    });
  });

  const citizen = (n: number): Resident => city.agencies.population.residents.filter((one) => one.status_dasar === '1' && one.hubungan_keluarga === '1')[n]!;
  const bankFiles = (): string[] => readdirSync(join(city.files, 'bank/batch')).filter((name) => name.endsWith('.csv'));
  const proposal = (id: string, n: number) => {
    const employee = city.agencies.population.employees[n]!;
    return { id_usulan: id, jenis_usulan: 'JABATAN', nip: employee.nip, pns_id: employee.id_pns, jenis_jabatan: 1, nama_jabatan: 'KEPALA SEKSI', unor_id: employee.unor_id, nomor_sk: `821/UJI-${id}`, tanggal_sk: '2026-11-20', tmt_jabatan: '2026-12-01' };
  };
}

/** YYYY-MM, so many months after the month of a date. */
function monthAfter(date: string, months: number): string {
  const number = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  return `${Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, '0')}`;
}

/** Does what an officer does with the sheet of rejected rows: corrects the cells and puts it back. */
async function mend(sheet: string, right: Readonly<Record<string, string>>, target: string): Promise<void> {
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(sheet);
  const rows = workbook.worksheets[0]!;
  rows.getRow(1).eachCell((header, column) => {
    const value = right[String(header.value)];
    for (let row = 2; value !== undefined && row <= rows.rowCount; row++) rows.getRow(row).getCell(column).value = value;
  });
  writeFileSync(`${target}.part`, Buffer.from(await workbook.xlsx.writeBuffer()));
  renameSync(`${target}.part`, target);
}
