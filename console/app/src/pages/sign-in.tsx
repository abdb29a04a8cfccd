import { useQuery } from '@tanstack/react-query';
import { LogIn } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../lib/i18n';
import { comeBack, configuration, usePerson, useSession } from '../lib/session';
import { Button, Dialog, FailureNotice, Field, LanguageSelect, Notice, ThemeButton, useAction } from '../ui';
import { Mark } from '../ui/mark';

const useProviders = () => useQuery(configuration).data?.providers ?? [];

function useKeyForm() {
  const { signIn } = useSession();
  const [key, setKey] = useState('');
  const { run, busy, failure } = useAction(async () => signIn(key.trim()));
  return {
    key,
    setKey,
    busy,
    failure,
    submit: () => {
      if (key.trim()) run();
    },
  };
}

function KeyField({ value, onChange }: { value: string; onChange(key: string): void }) {
  const { t } = useWords();
  return (
    <Field label={t('signIn.key')} hint={t('signIn.key.hint')}>
      {(props) => (
        <input
          {...props}
          type="password"
          placeholder="pg_…"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          autoFocus
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Ways to identity providers, and back to this place. `anew` lets the person be somebody else there. */
const Providers = ({ list, anew }: { list: ReturnType<typeof useProviders>; anew: boolean }) => {
  const { t } = useWords();
  return list.map(({ name, label }) => (
    <a
      key={name}
      className="button wide"
      href={`/console/login?${new URLSearchParams({ provider: name, ...(anew && { prompt: 'login' }) })}`}
      onClick={comeBack}
    >
      <LogIn aria-hidden />
      {t('signIn.with', { provider: label || name })}
    </a>
  ));
};

/** Why an identity provider's answer let nobody in, and what to do. */
function Refusal({ code }: { code: string }) {
  const { t, find } = useWords();
  return (
    <Notice tone="bad" title={t('signIn.refused')}>
      <p>{find(`signIn.refused.${code}`) ?? t('signIn.refused.other')}</p>
    </Notice>
  );
}

export function SignIn({ left }: { left: boolean }) {
  const { t } = useWords();
  const providers = useProviders();
  const { key, setKey, submit, busy, failure } = useKeyForm();
  useEffect(() => {
    document.title = `${t('signIn.title')} · profilegraph`;
  }, [t]);
  // An identity provider sends people back with a code where it did not let them in.
  const [refusal] = useState(() => new URLSearchParams(location.search).get('error'));
  useEffect(() => {
    if (refusal) history.replaceState(null, '', location.pathname);
  }, [refusal]);
  return (
    <div className="gate">
      <main className="card">
        <Mark />
        <div>
          <h1>{t('signIn.title')}</h1>
          <p className="quiet">{t('signIn.lead')}</p>
        </div>
        {refusal && !failure && <Refusal code={refusal} />}
        {providers.length > 0 && (
          <>
            <Providers list={providers} anew={left || refusal === 'FORBIDDEN'} />
            <div className="or">{t('signIn.or')}</div>
          </>
        )}
        <form
          className="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <KeyField value={key} onChange={setKey} />
          {failure && <FailureNotice failure={failure} />}
          <Button kind="primary" type="submit" className="wide" busy={busy} disabled={!key.trim()}>
            {t('signIn')}
          </Button>
        </form>
        <p className="quiet small">{t('signIn.promise')}</p>
      </main>
      <footer className="foot">
        <LanguageSelect />
        <ThemeButton />
      </footer>
    </div>
  );
}

/** Over the pages, which keep what was typed, once the session has ended by itself. */
export function SignInAgain() {
  const { t } = useWords();
  const { signOut } = useSession();
  const { actor } = usePerson();
  const providers = useProviders();
  const { key, setKey, submit, busy, failure } = useKeyForm();
  return (
    <Dialog
      title={t('signIn.again')}
      onClose={() => void signOut()}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={() => void signOut()}>{t('signOut')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!key.trim()}>
            {t('signIn')}
          </Button>
        </>
      }
    >
      <p>{t('signIn.again.lead', { actor })}</p>
      <KeyField value={key} onChange={setKey} />
      {failure && <FailureNotice failure={failure} />}
      {providers.length > 0 && (
        <>
          <p className="quiet small">{t('signIn.again.away')}</p>
          <Providers list={providers} anew={false} />
        </>
      )}
    </Dialog>
  );
}
