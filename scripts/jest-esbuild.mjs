// Jest transform: strips the types of a TypeScript module with esbuild and keeps it an ES module.
import { transformSync } from 'esbuild';

export default {
  /**
   * @param {string} source
   * @param {string} path
   */
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      sourcefile: path,
      sourcemap: 'inline',
    });
    return { code, map: map === '' ? null : map };
  },
};
