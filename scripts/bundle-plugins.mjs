// What the bundles of the commands have in common.

/**
 * zod without its messages in some fifty languages: those in English are always there, and no others are used.
 * @type {import('esbuild').Plugin}
 */
export const englishOnly = {
  name: 'english-only',
  setup(build) {
    build.onResolve({ filter: /[/]locales[/]index[.]js$/ }, ({ importer, path }) =>
      /[/]node_modules[/]zod[/]/.test(importer.replaceAll('\\', '/')) ? { path, namespace: 'english-only' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'english-only' }, () => ({ contents: 'export {};' }));
  },
};
