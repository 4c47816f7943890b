import { expect, test } from '@jest/globals';
import { readEnvironment } from './environment.js';
import { projectFolder } from './project.js';

test('without variables the hub listens on this computer only and uses its own PostgreSQL', () => {
  expect(readEnvironment({})).toEqual({ host: '127.0.0.1', port: 8080, engine: 'postgres', brokers: [], dataFolder: './data', projectFolder, payrollOfficer: 'Bidang Perbendaharaan BKAD' });
});

test('brokers choose Kafka, and an empty variable counts as absent', () => {
  expect(readEnvironment({ SASANDO_KAFKA_BROKERS: '10.1.1.5:9092, 10.1.1.6:9092', SASANDO_PORT: '' })).toMatchObject({
    port: 8080,
    engine: 'kafka',
    brokers: ['10.1.1.5:9092', '10.1.1.6:9092'],
  });
  expect(readEnvironment({ SASANDO_KAFKA_BROKERS: '10.1.1.5:9092', SASANDO_ENGINE: 'postgres' }).engine).toBe('postgres');
});

test('every fault is named at once, without echoing secrets', () => {
  let message = '';
  try {
    readEnvironment({ SASANDO_PORT: 'delapan', DATABASE_URL: 'mysql://u:rahasia@h/d', SASANDO_KAFKA_BROKERS: 'broker', SASANDO_ADMIN_PASSWORD: 'pendek' });
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message.split('\n')).toEqual([
    'SASANDO_PORT: harus angka port 0 sampai 65535',
    'DATABASE_URL: harus diawali postgres:// atau postgresql://',
    'SASANDO_KAFKA_BROKERS: harus daftar host:port dipisah koma, misalnya 10.1.1.5:9092',
    'SASANDO_ADMIN_PASSWORD: sedikitnya 8 huruf',
  ]);
});

test('the Kafka engine without brokers says which variable is missing', () => {
  expect(() => readEnvironment({ SASANDO_ENGINE: 'kafka' })).toThrow('SASANDO_KAFKA_BROKERS: wajib diisi untuk mesin log kafka');
});
