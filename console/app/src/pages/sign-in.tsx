import { useQuery } from '@tanstack/react-query';
import { LogIn } from 'lucide-react';
import { useEffect, useState } from 'react';
import { LanguageSelect, ThemeButton } from '../app';
import { Failure } from '../lib/api';
import { useWords } from '../lib/i18n';
import { configuration, usePerson, useSession } from '../lib/session';
import { Button, Dialog, FailureNotice, Field, useAction } from '../ui';
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

const Providers = ({ list }: { list: ReturnType<typeof useProviders> }) => {
  const { t } = useWords();
  return list.map(({ name, label }) => (
    <a key={name} className="button wide" href={`/console/login?provider=${encodeURIComponent(name)}`}>
      <LogIn aria-hidden />
      {t('signIn.with', { provider: label || name })}
    </a>
  ));
};

export function SignIn() {
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
        {refusal && !failure && <FailureNotice failure={new Failure(refusal, t('signIn.refused'))} />}
        {providers.length > 0 && (
          <>
            <Providers list={providers} />
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
          <Providers list={providers} />
        </>
      )}
    </Dialog>
  );
}
