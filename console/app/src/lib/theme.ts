import { useState } from 'react';
import { keep, kept } from './preferences';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

function show(theme: Theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const current = (): Theme => themes.find((t) => t === kept('theme')) ?? 'system';

export const showKeptTheme = () => show(current());

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, set] = useState(current);
  return [
    theme,
    (next) => {
      keep('theme', next === 'system' ? null : next);
      show(next);
      set(next);
    },
  ];
}
