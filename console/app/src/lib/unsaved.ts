// Edits that are not saved: whoever leaves their page is asked first, whichever way they leave.
import { useEffect } from 'react';
import { useWords } from './i18n';

/** Where there are edits, and what to ask; null while nothing would be lost. One page at a time has edits. */
let guard: { here: string; question: string } | null = null;

/** Says that the edits are saved: nothing is lost by leaving now. */
export const saved = () => {
  guard = null;
};

/** Whether the page may be left, for whatever leaves it. */
export function mayLeave(): boolean {
  if (guard && !window.confirm(guard.question)) return false;
  saved();
  return true;
}

window.addEventListener('beforeunload', (event) => {
  if (guard) event.preventDefault();
});

// When the browser tells that it goes back, it has done so. The router listens too, but later: this file is loaded
// before the router first is. So it hears nothing of what is undone here.
window.addEventListener('popstate', (event) => {
  const here = guard?.here;
  if (mayLeave()) return;
  event.stopImmediatePropagation();
  history.pushState(null, '', here);
});

/** Guards the page while there are unsaved edits. Navigation within the console asks `mayLeave`, see main.tsx. */
export function useUnsaved(unsaved: boolean) {
  const { t } = useWords();
  useEffect(() => {
    if (!unsaved) return undefined;
    guard = { here: location.href, question: t('unsaved') };
    return saved;
  }, [unsaved, t]);
}
