/**
 * What is to be said of one payroll line before the SPM. The hub advises and people decide: a finding never changes or drops a line.
 * Practice behind the rules: a death starts *gaji terusan* for up to four months, auditors fault only what is paid beyond; ASN may live outside the city.
 */

/** A payroll line, as far as the rules look at it. */
export interface PayLine {
  readonly nip: string;
  readonly nik: string | null;
  /** First day of the month that is paid, YYYY-MM-DD. */
  readonly periode: string;
  readonly terusan: boolean;
  readonly rekening: string | null;
}

/** What the hub knows of that person at the moment of the check. */
export interface KnownFacts {
  /** BKN's record; undefined when BKN has none under this NIP. */
  readonly asn: { readonly tmtPensiun: string | null; readonly kedudukanHukum: string | null } | undefined;
  /** Latest date of death in `kependudukan.peristiwa`, YYYY-MM-DD. */
  readonly death: string | undefined;
  /** Latest move out of the city, YYYY-MM-DD. */
  readonly movedOut: string | undefined;
  /** Account of the last salary before this one. */
  readonly lastAccount: string | undefined;
}

export interface Finding {
  /** `TEMUAN` waits for the officer's decision; `CATATAN` is only to be known. */
  readonly jenis: 'TEMUAN' | 'CATATAN';
  /** Code of the rule in `config/reference/aturan_gaji.csv`. */
  readonly kode: 'TIDAK_ADA_DI_BKN' | 'MENINGGAL_BUKAN_TERUSAN' | 'TERUSAN_LEWAT_BULAN' | 'TERUSAN_TANPA_KEMATIAN' | 'LEWAT_TMT_PENSIUN' | 'REKENING_BERUBAH' | 'PINDAH_KELUAR';
  /** One sentence without NIK, name or account number. */
  readonly uraian: string;
  /** What was compared, where the sentence does not say it: another value makes it another finding. */
  readonly dinilai?: string;
}

/** Longest time of gaji terusan for a PNS with heirs, in months. */
export const TERUSAN_MONTHS = 4;

export function findingsOf(line: PayLine, facts: KnownFacts): Finding[] {
  const found: Finding[] = [];
  if (!facts.asn) found.push({ jenis: 'TEMUAN', kode: 'TIDAK_ADA_DI_BKN', uraian: 'NIP pada daftar gaji tidak ada di data BKN' });
  const month = facts.death ? monthsBetween(facts.death, line.periode) : undefined;
  if (month !== undefined && month > 0) {
    if (!line.terusan) found.push({ jenis: 'TEMUAN', kode: 'MENINGGAL_BUKAN_TERUSAN', uraian: `Pegawai meninggal ${facts.death}; baris ini seharusnya gaji terusan bulan ke-${month}` });
    else if (month > TERUSAN_MONTHS) found.push({ jenis: 'TEMUAN', kode: 'TERUSAN_LEWAT_BULAN', uraian: `Gaji terusan bulan ke-${month} sejak meninggal ${facts.death}; paling lama ${TERUSAN_MONTHS} bulan` });
  }
  if (line.terusan && !facts.death) found.push({ jenis: 'TEMUAN', kode: 'TERUSAN_TANPA_KEMATIAN', uraian: 'Gaji terusan tetapi Dispenduk tidak mencatat kematian' });
  const retired = facts.asn?.tmtPensiun;
  if (retired && retired <= line.periode && !line.terusan) found.push({ jenis: 'TEMUAN', kode: 'LEWAT_TMT_PENSIUN', uraian: `TMT pensiun ${retired} sudah lewat pada periode ini` });
  if (facts.lastAccount !== undefined && line.rekening !== facts.lastAccount) found.push({ jenis: 'TEMUAN', kode: 'REKENING_BERUBAH', uraian: 'Rekening berbeda dari gaji terakhir yang dibayar', dinilai: `${line.rekening} ${facts.lastAccount}` });
  if (facts.movedOut && facts.movedOut <= line.periode) found.push({ jenis: 'CATATAN', kode: 'PINDAH_KELUAR', uraian: `Pindah keluar kota ${facts.movedOut}; tinggal di luar kota tidak menghentikan gaji` });
  return found;
}

/** How many months lie between the month of `from` and the month of `to`: a death in March makes April the first. */
function monthsBetween(from: string, to: string): number {
  const month = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
  return month(to) - month(from);
}
