// Builds the playground: node build.mjs [output folder]. The same sources give the same bytes.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(root, 'dist'));

// GraphiQL's style sheet carries its fonts as data URLs: 380 kB that the page's policy would refuse anyway.
const withoutFonts = {
  name: 'without-fonts',
  setup(builder) {
    builder.onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css',
    }));
  },
};

const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.jsx', 'src/icon.svg'],
  bundle: true,
  minify: true,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  jsx: 'automatic',
  legalComments: 'none', // licenses.txt has the whole texts
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'copy' },
  alias: { 'react-style-singleton': './src/style-singleton.js' },
  plugins: [withoutFonts],
  entryNames: '[name]-[hash]',
  outdir: 'built',
  write: false,
  logLevel: 'warning',
});

await rm(out, { recursive: true, force: true });
await mkdir(path.join(out, 'assets'), { recursive: true });
for (const file of result.outputFiles) {
  await writeFile(path.join(out, 'assets', path.basename(file.path)), file.contents);
}
await writeFile(path.join(out, 'index.html'), await page(result.outputFiles));
await writeFile(path.join(out, 'licenses.txt'), await licenses(result.metafile));

async function page(files) {
  const asset = (extension) => `assets/${files.map((f) => path.basename(f.path)).find((n) => n.endsWith(extension))}`;
  const template = await readFile(path.join(root, 'index.html'), 'utf8');
  return template.replace('{{icon}}', asset('.svg')).replace('{{style}}', asset('.css')).replace('{{script}}', asset('.js'));
}

// licenses lists every package that the bundle has code of, grouped by licence text.
async function licenses({ inputs }) {
  const folders = new Set();
  for (const input of Object.keys(inputs)) {
    const match = input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/);
    if (match) folders.add(match[0]);
  }
  const byText = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'));
    const file = (await readdir(path.join(root, folder))).sort().find((f) => /^licen[cs]e/i.test(f));
    const text = file ? (await readFile(path.join(root, folder, file), 'utf8')).replace(/\r/g, '').trim() : `Licence: ${license}`;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(72)}\n\n`);
}
