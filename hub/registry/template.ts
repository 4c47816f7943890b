/** A spreadsheet that an OPD can fill for a topic: a column per field with its meaning as a note, lists where only some values are taken, identities kept as text. */
import exceljs from 'exceljs';
import type { FieldDescription } from './describe.js';

/** Rows that carry formats and lists; more can be filled below without them. */
const PREPARED_ROWS = 1000;
/** Excel takes a list of at most 255 characters in a cell's rule. */
const LONGEST_LIST = 255;

/** @returns an XLSX workbook with one sheet `Data`; required columns come in bold. Fields with records inside are left out: they do not fit a cell. */
export async function templateOf(title: string, fields: readonly FieldDescription[]): Promise<Buffer> {
  const workbook = new exceljs.Workbook();
  const sheet = workbook.addWorksheet('Data', { views: [{ state: 'frozen', ySplit: 1 }] });
  workbook.title = title;
  const flat = fields.filter((field) => !field.fields);
  sheet.columns = flat.map((field) => ({ header: field.name, key: field.name, width: Math.max(14, field.name.length + 3), style: field.text ? { numFmt: '@' } : {} }));
  flat.forEach((field, index) => {
    const header = sheet.getRow(1).getCell(index + 1);
    header.font = { bold: field.required };
    header.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: field.required ? 'FFDDEBF7' : 'FFF2F2F2' } };
    header.note = noteOf(field);
    const list = field.choices?.map(({ kode }) => kode).join(',');
    if (list === undefined || list.length > LONGEST_LIST) return;
    for (let row = 2; row <= PREPARED_ROWS + 1; row++) {
      sheet.getRow(row).getCell(index + 1).dataValidation = { type: 'list', allowBlank: !field.required, formulae: [`"${list}"`], showErrorMessage: true, errorTitle: field.name, error: 'Pilih salah satu kode di daftar.' };
    }
  });
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

function noteOf({ doc, required, key, type, hint, choices }: FieldDescription): string {
  const lines = [doc, `${required ? 'Wajib diisi' : 'Boleh kosong'}${key ? '; bagian dari kunci' : ''}. Isi: ${hint ?? type}.`];
  if (choices) lines.push(...choices.slice(0, 30).map(({ kode, nama }) => (kode === nama ? kode : `${kode} = ${nama}`)));
  return lines.join('\n');
}
