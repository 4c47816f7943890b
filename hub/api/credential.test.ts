/** Requests that a browser sends with the password that it remembers. */
import express from 'express';
import { expect, test } from '@jest/globals';
import request from 'supertest';
import { refuseOtherSites } from './credential.js';

const app = express().use(refuseOtherSites, (_request, response) => void response.json({}));

test.each([
  ['a form of another site, sent over TLS', { 'sec-fetch-site': 'cross-site', origin: 'https://lain.example' }, 403],
  ['a form of another site, sent to an address of the local network', { origin: 'http://lain.example', host: '10.1.2.3:8080' }, 403],
  ['another port of the same server', { origin: 'http://10.1.2.3:9000', host: '10.1.2.3:8080' }, 403],
  ['a page that hides where it comes from', { origin: 'null', host: '10.1.2.3:8080' }, 403],
  ['the own page over TLS', { 'sec-fetch-site': 'same-origin', origin: 'https://hub.example' }, 200],
  ['the own page in the local network', { origin: 'http://10.1.2.3:8080', host: '10.1.2.3:8080' }, 200],
  ['a program', {}, 200],
] as const)('%s', async (_, headers, status) => {
  expect((await request(app).post('/').set(headers)).status).toBe(status);
  expect((await request(app).get('/').set(headers)).status).toBe(200);
});
