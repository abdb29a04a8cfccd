// Words and formats in the person's language. The files in messages/ have the same keys, which a test checks.
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import english from '../messages/en.json';
import { keep, kept } from './preferences';

export type Key = keyof typeof english;
type Messages = Record<string, string>;
export type Values = Record<string, string | number>;

export const languages = { en: 'English', pt: 'Português', es: 'Español' } as const;
export type Language = keyof typeof languages;

const files: Record<Exclude<Language, 'en'>, () => Promise<{ default: Messages }>> = {
  pt: () => import('../messages/pt.json'),
  es: () => import('../messages/es.json'),
};

export const load = async (language: Language): Promise<Messages> =>
  language === 'en' ? english : (await files[language]()).default;

/** The language chosen here before, else the first of the browser's that there is. */
export function preferred(): Language {
  for (const wish of [kept('language'), ...navigator.languages]) {
    const known = Object.keys(languages).find((l) => wish?.slice(0, 2) === l);
    if (known) return known as Language;
  }
  return 'en';
}

export interface Words {
  language: Language;
  setLanguage(language: Language): void;
  /** The message of a key, with {name} replaced by the values. */
  t(key: Key, values?: Values): string;
  /** The same for a key that is made up while the program runs; undefined where there is no such message. */
  find(key: string, values?: Values): string | undefined;
  /** The plural form for n of the messages `key.one` and `key.other`. */
  many(key: string, n: number, values?: Values): string;
  number(n: number): string;
  time(moment: string): string;
  day(moment: string): string;
  /** How long ago, or in how long. */
  ago(moment: string): string;
}

const Context = createContext<Words | null>(null);

export function useWords(): Words {
  const words = use(Context);
  if (!words) throw new Error('useWords outside of Language');
  return words;
}

export function LanguageProvider({
  initial,
  messages: first,
  children,
}: {
  initial: Language;
  messages: Messages;
  children: ReactNode;
}) {
  const [{ language, messages }, set] = useState({ language: initial, messages: first });
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((next: Language) => {
    keep('language', next);
    void load(next).then((loaded) => set({ language: next, messages: loaded }));
  }, []);
  const words = useMemo(() => build(language, messages, setLanguage), [language, messages, setLanguage]);
  return <Context value={words}>{children}</Context>;
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

function build(language: Language, messages: Messages, setLanguage: Words['setLanguage']): Words {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  const times = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const find = (key: string, values: Values = {}) =>
    messages[key]?.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  return {
    language,
    setLanguage,
    find,
    t: (key, values) => find(key, values) ?? key,
    many: (key, n, values) =>
      find(`${key}.${plurals.select(n) === 'one' ? 'one' : 'other'}`, { n: numbers.format(n), ...values }) ?? key,
    number: (n) => numbers.format(n),
    time: (moment) => times.format(new Date(moment)),
    day: (moment) => days.format(new Date(moment)),
    ago(moment) {
      const seconds = (new Date(moment).getTime() - Date.now()) / 1000;
      if (Math.abs(seconds) > 30 * 86400) return days.format(new Date(moment));
      const [unit, size] = steps.find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
  };
}
