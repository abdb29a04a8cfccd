import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { licences } from './licences.ts';

const playground = fileURLToPath(new URL('../playground/src', import.meta.url));

// GraphiQL's style sheet carries its fonts as data URLs, which the page's policy would refuse anyway.
const withoutGraphiqlFonts: Plugin = {
  name: 'without-graphiql-fonts',
  enforce: 'pre',
  transform: (code, id) =>
    /graphiql[\\/]dist[\\/]style\.css$/.test(id)
      ? { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null }
      : undefined,
};

// Everything is a file of its own under assets/, named by a hash of its content: the page's policy takes
// neither inline script nor inline style, nor fonts and images from data URLs.
export default defineConfig({
  base: '/console/',
  plugins: [withoutGraphiqlFonts, react(), licences()],
  resolve: {
    alias: {
      '@playground': playground,
      'react-style-singleton': `${playground}/style-singleton.js`,
    },
    dedupe: ['react', 'react-dom', 'graphql'],
  },
  build: {
    target: 'es2024',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // which have light-dark()
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            {
              name: 'base',
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack|wouter|regexparam|lucide-react)[\\/]/,
            },
            // What every page is made of is one file: on the way to the first paint each file costs.
            { name: 'parts', test: /app[\\/]src[\\/](lib|ui|gql)[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      [
        '/graphql',
        '/control/graphql',
        '/sdl',
        '/schemas',
        '/audit/export',
        '/console/session',
        '/console/config',
        '/console/login',
      ].map((path) => [path, process.env.SERVER ?? 'http://127.0.0.1:8080']),
    ),
  },
});
