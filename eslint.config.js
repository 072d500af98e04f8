import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier/flat';
import tseslint from 'typescript-eslint';
import { layers } from './scripts/eslint-layers.mjs';
import { words } from './scripts/words.mjs';

/** Folders whose strings are in plain words: what users read comes from here. */
const PLAIN = ['bin', 'kernel-lab/host', 'lib'];

export default defineConfig(
  globalIgnores(['dist/', 'fixtures/', 'coverage/', 'docs/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.check.json', './tsconfig.page.json', './tsconfig.browser.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Numbers in messages are what this project is about; everything else must be turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    plugins: { layers },
    rules: { 'layers/circles': 'error' },
  },
  {
    files: ['kernel-lab/host/**/*.ts'],
    rules: { 'layers/entries': 'error' },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'layers/direction': 'error',
      'layers/pure': 'error',
      'layers/words': 'error',
      'no-console': 'error',
    },
  },
  {
    files: PLAIN.map((folder) => `${folder}/**/*.ts`),
    plugins: { words },
    rules: { 'words/plain': 'error' },
  },
  {
    // Scripts are plain JavaScript: JSON and process results come in as `any`.
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { globals: { console: 'readonly', URL: 'readonly', Buffer: 'readonly' } },
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly', require: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
