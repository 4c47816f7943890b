/** Few rules, each of which has caught a real fault; formatting is left to people. */
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', '**/*.mjs', '.dependency-cruiser.cjs'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      // Settings of any connector pass through the list of connectors as `any`.
      '@typescript-eslint/no-explicit-any': 'off',
      // The type check reports unused names already.
      '@typescript-eslint/no-unused-vars': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'no-promise-executor-return': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.name='eval'], NewExpression[callee.name='Function']", message: 'Code is never made from text.' },
      ],
    },
  },
  // Programs talk to people on standard output.
  { files: ['hub/cli/**', 'test/bench/**', 'test/kafka/**'], rules: { 'no-console': 'off' } },
  // A test may leave a hub, a server or a promise to be awaited later, and plays with wrong values on purpose.
  { files: ['**/*.test.ts', 'test/**'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
);
