/** Workbooks that are large, or pretend to be small. */
import { deflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import { folderPerTest } from '../../test/file-folder.js';

const folder = folderPerTest();

/** A ZIP with one part, which says of itself that it is empty. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content, { level: 9 });
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}

test('a small file that unpacks to very much is refused before it fills the memory', async () => {
  const bomb = zipOf('xl/worksheets/sheet1.xml', Buffer.alloc(160_000_000, ' '));
  expect(bomb.length).toBeLessThan(200_000);
  await folder.put('bom.xlsx', bomb);
  const { batches } = await folder.readAll();
  expect(batches[0]!.records[0]!.faults![0]!.message).toBe('isi XLSX lebih besar dari 150 MB setelah dibuka');
});

test('a list of 20,000 rows is read in seconds, and so is one whose last cell lies in the last corner of Excel', async () => {
  await folder.putSheets('a.xlsx', { Data: [['NO'], ...Array.from({ length: 20_000 }, (_, n) => [n + 1])] });
  const workbook = new exceljs.Workbook();
  const sheet = workbook.addWorksheet('Data');
  sheet.getCell('A1').value = 'NO';
  sheet.getCell('A2').value = 1;
  sheet.getCell('XFD100000').value = 2;
  await folder.put('b.xlsx', Buffer.from(await workbook.xlsx.writeBuffer()));
  expect((await folder.readAll()).values).toHaveLength(20_002);
}, 30_000);
