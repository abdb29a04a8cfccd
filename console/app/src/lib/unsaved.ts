import { useEffect } from 'react';
import { useWords } from './i18n';

/** Asks before a page with unsaved edits is left, by a link of ours or otherwise. */
export function useUnsaved(unsaved: boolean) {
  const { t } = useWords();
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    const stay = (event: MouseEvent) => {
      const link = event.target instanceof Element && event.target.closest('a[href^="/console"]');
      if (link && !window.confirm(t('unsaved'))) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener('beforeunload', ask);
    document.addEventListener('click', stay, true);
    return () => {
      window.removeEventListener('beforeunload', ask);
      document.removeEventListener('click', stay, true);
    };
  }, [unsaved, t]);
}
