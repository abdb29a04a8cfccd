import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { licences } from './licences';

const playground = fileURLToPath(new URL('../playground/src', import.meta.url));

// Everything is a file of its own under assets/, named by a hash of its content: the page's policy takes
// neither inline script nor inline style, nor fonts and images from data URLs.
export default defineConfig({
  base: '/console/',
  plugins: [react(), licences()],
  resolve: {
    alias: {
      '@playground': playground,
      'react-style-singleton': `${playground}/style-singleton.js`,
    },
    dedupe: ['react', 'react-dom', 'graphql'],
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: true,
  },
  server: {
    proxy: Object.fromEntries(
      ['/graphql', '/control/graphql', '/sdl', '/schemas', '/audit/export', '/console/session', '/console/config', '/console/login']
        .map((path) => [path, process.env.SERVER ?? 'http://127.0.0.1:8080']),
    ),
  },
});
