import { testHubFaults } from './hub.js';

testHubFaults('PostgreSQL', async () => ({ environment: {} }));
