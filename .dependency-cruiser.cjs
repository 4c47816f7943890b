/**
 * The table of allowed imports: a folder may import what stands in its row, the shared words (`hub/*.ts` without main) and itself. Everything else is refused by name.
 */
const WORDS = '^hub/(record|errors|settings|calendar|connector|json|fields|folder|duration|mask)\\.ts$';
/** What any folder of the hub may know of the program itself. */
const PROGRAM = '^hub/project\\.ts$';
const TESTS = '\\.test\\.ts$';
/** Agencies as they are simulated; never part of the hub in production. */
const SIMULATED = '^connectors/([^/]+)/simulat(or|ed-database)\\.ts$';

const MAY_IMPORT = {
  database: [],
  log: ['database'],
  registry: ['database', 'log'],
  ledger: ['database', 'log'],
  latest: ['database', 'log', 'registry'],
  pipeline: ['database', 'log', 'registry', 'latest'],
  warehouse: ['database', 'log', 'registry', 'latest', 'pipeline'],
  cases: ['database', 'log', 'registry', 'latest', 'pipeline'],
  payroll: ['database', 'log', 'registry', 'latest', 'pipeline', 'cases'],
  grants: ['database', 'log', 'registry', 'latest', 'pipeline', 'ledger'],
  access: ['database'],
  runtime: ['database', 'log', 'registry', 'latest', 'pipeline', 'cases', 'warehouse', 'grants', 'ledger'],
  delivery: ['database', 'log', 'registry', 'latest', 'pipeline', 'cases', 'grants', 'ledger'],
  catalog: ['database', 'log', 'registry', 'latest', 'pipeline', 'cases', 'grants', 'ledger', 'warehouse', 'runtime', 'delivery'],
  api: ['log', 'registry', 'latest', 'pipeline', 'cases', 'grants', 'ledger', 'warehouse', 'runtime', 'delivery', 'catalog', 'access', 'payroll'],
};

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `hub-${folder}`,
  comment: `hub/${folder} may import only the shared words${allowed.length ? ` and hub/{${allowed.join(',')}}` : ''}; see .dependency-cruiser.cjs`,
  severity: 'error',
  from: { path: `^hub/${folder}/`, pathNot: TESTS },
  to: { path: '^(hub|connectors|test|console)/', pathNot: [WORDS, PROGRAM, `^hub/${folder}/`, ...allowed.map((name) => `^hub/${name}/`)] },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    {
      name: 'connectors-know-only-the-shared-words',
      comment: 'A connector knows one outside system and nothing of the hub: import only hub/*.ts, npm packages and its own folder without what is simulated there',
      severity: 'error',
      from: { path: '^connectors/([^/]+)/', pathNot: [TESTS, SIMULATED, '^connectors/city/'] },
      to: { path: '^(hub|connectors|test|console)/', pathNot: [WORDS, '^connectors/$1/(?!simulat)'] },
    },
    {
      name: 'simulated-agencies-know-the-tools-of-the-city',
      comment: 'simulator.ts and simulated-database.ts may import the shared words, their own folder and connectors/city/{server,database}.ts',
      severity: 'error',
      from: { path: SIMULATED },
      to: { path: '^(hub|connectors|test|console)/', pathNot: [WORDS, '^connectors/$1/', '^connectors/city/(server|database)\\.ts$'] },
    },
    {
      name: 'the-city-knows-simulated-agencies',
      comment: 'connectors/city starts what is simulated; it knows no connector, and nothing of the hub beyond the shared words',
      severity: 'error',
      from: { path: '^connectors/city/', pathNot: TESTS },
      to: { path: '^(hub|connectors|test|console)/', pathNot: [WORDS, '^connectors/city/', SIMULATED] },
    },
    {
      name: 'only-serve-starts-the-city',
      comment: 'Of the hub, hub/cli/serve.ts alone knows the simulated city, and loads it only when asked to; types may be named',
      severity: 'error',
      from: { path: '^hub/', pathNot: TESTS },
      to: { path: ['^connectors/city/', SIMULATED], dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'only-serve-starts-the-city-when-asked',
      comment: 'See only-serve-starts-the-city',
      severity: 'error',
      from: { path: '^hub/', pathNot: [TESTS, '^hub/cli/serve\\.ts$'] },
      to: { path: ['^connectors/city/', SIMULATED], dependencyTypes: ['dynamic-import'] },
    },
    {
      name: 'shared-words-stand-alone',
      comment: 'The words everybody may import depend on nothing but each other',
      severity: 'error',
      from: { path: WORDS },
      to: { path: '^(hub|connectors|test|console)/', pathNot: WORDS },
    },
    {
      name: 'only-cli-knows-main',
      comment: 'hub/main.ts is imported by the CLI (and tests) alone; of the connectors the rest of the hub knows the list connectors/all.ts',
      severity: 'error',
      from: { path: '^hub/', pathNot: [TESTS, '^hub/cli/'] },
      to: { path: ['^hub/main\\.ts$', '^connectors/(?!all\\.ts)'] },
    },
    {
      name: 'nothing-shipped-imports-tests',
      severity: 'error',
      comment: 'What runs in production imports nothing from test/',
      from: { path: '^(hub|connectors)/', pathNot: TESTS },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    { name: 'no-cycles', comment: 'Imports point one way', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-dangling', comment: 'The import leads nowhere', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-packages-only',
      comment: 'Shipped code imports only packages listed under dependencies',
      severity: 'error',
      from: { path: '^(hub|connectors)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'default', 'types'], exportsFields: ['exports'] },
  },
};
