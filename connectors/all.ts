/** The one list of connectors. */
import type { Connector } from '../hub/connector.js';
import { postgres } from './postgres/postgres.js';

export const connectors: Connector[] = [postgres];
