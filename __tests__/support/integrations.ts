/** What tests of integrations/ share: a folder with the single file on its PATH, and a tree of programs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSingle } from '../../scripts/build-single.mjs';
import { Folder, type Run } from './cli.ts';

/** integrations/NAME. */
export function integration(name: string): string {
  return fileURLToPath(new URL(`../../integrations/${name}`, import.meta.url));
}

/** The text of integrations/NAME. */
export function integrationText(name: string): string {
  return readFileSync(integration(name), 'utf8');
}

/** A folder with bin/cramfs, and rootfs: musl programs for i386, owned by whoever runs the test. */
export class Place extends Folder {
  readonly bin = join(this.path, 'bin');
  readonly rootfs = join(this.path, 'rootfs');
  readonly single = join(this.path, 'bin', 'cramfs.cjs');

  static async make(): Promise<Place> {
    const place = new Place();
    mkdirSync(place.rootfs);
    await buildSingle(place.single);
    symlinkSync('cramfs.cjs', join(place.bin, 'cramfs'));
    place.run(
      'tar',
      ['-xzf', fileURLToPath(new URL('../../fixtures/trees/root.tar.gz', import.meta.url)), '--exclude=./dev/*'],
      {
        cwd: place.rootfs,
      },
    );
    // It is there for tests of the loader, and never starts.
    rmSync(join(place.rootfs, 'bin/bare'));
    return place;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text);
  }

  /** Runs a command with bin first on the PATH, in the folder unless it is said otherwise. */
  run(command: string, argv: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Run {
    const { status, stdout, stderr, error } = spawnSync(command, argv, {
      cwd: options.cwd ?? this.path,
      encoding: 'utf8',
      env: { PATH: `${this.bin}:${process.env.PATH ?? ''}`, HOME: this.path, LC_ALL: 'C', ...options.env },
      maxBuffer: 1 << 28,
    });
    if (error !== undefined) throw error;
    return { code: status ?? -1, stdout, stderr };
  }
}
