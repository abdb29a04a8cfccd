import { Moon, Sun, SunMoon } from 'lucide-react';
import { languages, useWords, type Language } from '../lib/i18n';
import { themes, useTheme } from '../lib/theme';
import { Button } from './button';

export function LanguageSelect() {
  const { language, setLanguage, t } = useWords();
  return (
    <select
      className="small"
      aria-label={t('language')}
      value={language}
      onChange={(event) => setLanguage(event.target.value as Language)}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

const themeIcons = { system: SunMoon, light: Sun, dark: Moon };

export function ThemeButton() {
  const { t } = useWords();
  const [theme, setTheme] = useTheme();
  const Icon = themeIcons[theme];
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const label = t('theme', { theme: t(`theme.${theme}`) });
  return (
    <Button kind="plain" small className="icon" aria-label={label} title={label} onClick={() => setTheme(next)}>
      <Icon aria-hidden />
    </Button>
  );
}
