import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';

/** Writes licenses.txt: every package that the bundle has code of, grouped by the text of its licence. */
export function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      const folders = new Set<string>(
        ['@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono'].map((name) =>
          path.resolve('../node_modules', name),
        ),
      );
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        for (const id of file.moduleIds) {
          const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\0', ''));
          if (folder) folders.add(folder[0]);
        }
      }
      const byText = new Map<string, string[]>();
      for (const folder of [...folders].sort()) {
        const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
        const file = readdirSync(folder)
          .sort()
          .find((f) => /^licen[cs]e/i.test(f));
        const text = file
          ? readFileSync(path.join(folder, file), 'utf8').replaceAll('\r', '').trim()
          : `Licence: ${license}`;
        byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
      }
      const source = [...byText]
        .map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)
        .join(`\n${'-'.repeat(72)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source });
    },
  };
}
