import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app';
import { Failure } from './lib/api';
import { LanguageProvider, load, preferred } from './lib/i18n';
import { SessionProvider } from './lib/session';
import { showKeptTheme } from './lib/theme';
import { mayLeave } from './lib/unsaved';
import './styles/index.css';

showKeptTheme();

// Answers are masked, and kept in memory only. Values in clear never come here: see pages/shoppers/reveal.tsx.
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (times, error) =>
        times < 1 && error instanceof Failure && ['UNREACHABLE', 'OVERLOADED'].includes(error.code),
    },
  },
});

const language = preferred();
const messages = await load(language);
createRoot(document.getElementById('app') as HTMLElement).render(
  <LanguageProvider initial={language} messages={messages}>
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <Router
          base="/console"
          aroundNav={(navigate, to, options) => {
            if (mayLeave()) navigate(to, options);
          }}
        >
          <App />
        </Router>
      </SessionProvider>
    </QueryClientProvider>
  </LanguageProvider>,
);
