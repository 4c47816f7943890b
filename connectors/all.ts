/** The one list of connectors. */
import type { Connector } from '../hub/connector.js';
import { bank } from './bank/bank.js';
import { bkd } from './bkd/bkd.js';
import { bkn } from './bkn/bkn.js';
import { dispenduk } from './dispenduk/dispenduk.js';
import { file } from './file/file.js';
import { postgres } from './postgres/postgres.js';
import { rest } from './rest/rest.js';
import { webhook } from './webhook/webhook.js';

export const connectors: Connector[] = [bank, bkd, bkn, dispenduk, file, postgres, rest, webhook];
