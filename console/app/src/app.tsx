import { Home, LogOut, Menu, X } from 'lucide-react';
import { Suspense, useEffect, useState } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { useWords } from './lib/i18n';
import { usePerson, useSession } from './lib/session';
import { mayLeave } from './lib/unsaved';
import { Overview } from './pages/overview';
import { SignIn, SignInAgain } from './pages/sign-in';
import { usePlaces } from './places';
import {
  Boundary,
  Empty,
  FailureNotice,
  IconButton,
  LanguageSelect,
  Loading,
  Page,
  ThemeButton,
  ToastProvider,
} from './ui';
import { Mark } from './ui/mark';

export function App() {
  const { state, retry } = useSession();
  if (state.kind === 'starting')
    return (
      <div className="gate">
        <Loading />
      </div>
    );
  if (state.kind === 'failed')
    return (
      <div className="gate">
        <div className="card">
          <FailureNotice failure={state.failure} retry={retry} />
        </div>
      </div>
    );
  if (state.kind === 'none') return <SignIn left={state.left} />;
  return (
    <ToastProvider>
      <Frame key={`${state.person.account.id} ${state.person.actor}`} />
      {state.kind === 'expired' && <SignInAgain />}
    </ToastProvider>
  );
}

function Frame() {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const [location] = useLocation();
  const groups = usePlaces();
  useEffect(() => setOpen(false), [location]);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setOpen(false);
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [open]);
  const here = groups.flatMap(([, list]) => list).find(({ path }) => location.startsWith(path));
  return (
    <div className="frame">
      <a className="skip" href="#main">
        {t('skip')}
      </a>
      <header className="top">
        <IconButton
          icon={open ? X : Menu}
          label={open ? t('nav.close') : t('nav.open')}
          aria-expanded={open}
          aria-controls="side"
          onClick={() => setOpen(!open)}
        />
        <Link className="brand" href="/">
          <Mark />
          profilegraph
        </Link>
        <span className="place">{here && t(here.label)}</span>
      </header>
      {open && <button type="button" className="shade" aria-label={t('nav.close')} onClick={() => setOpen(false)} />}
      <Side groups={groups} open={open} location={location} />
      <Boundary key={here?.path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/">
              <Overview groups={groups} />
            </Route>
            {groups.flatMap(([, list]) =>
              list.map(({ path, page: Component }) => (
                <Route key={path} path={`${path}/*?`}>
                  <Component />
                </Route>
              )),
            )}
            <Route>
              <Page title={t('missing.title')}>
                <Empty
                  icon={Home}
                  title={t('missing.title')}
                  actions={
                    <Link className="button" href="/">
                      {t('overview.title')}
                    </Link>
                  }
                >
                  {t('missing.lead')}
                </Empty>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Boundary>
    </div>
  );
}

function Side({ groups, open, location }: { groups: ReturnType<typeof usePlaces>; open: boolean; location: string }) {
  const { t } = useWords();
  const { account, roles, actor } = usePerson();
  const { signOut } = useSession();
  const current = (path: string) => (location === path || location.startsWith(`${path}/`) ? 'page' : undefined);
  return (
    <aside className={open ? 'side open' : 'side'} id="side">
      <Link className="brand" href="/">
        <Mark />
        profilegraph
      </Link>
      <nav aria-label={t('nav.main')}>
        <Link href="/" aria-current={location === '/' ? 'page' : undefined}>
          <Home aria-hidden />
          {t('overview.title')}
        </Link>
        {groups.map(([group, list]) => (
          <div key={group}>
            <h2>{t(group)}</h2>
            {list.map(({ path, label, icon: Icon }) => (
              <Link key={path} href={path} aria-current={current(path)}>
                <Icon aria-hidden />
                {t(label)}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className="who">
        <div className="account" title={actor}>
          <span className="avatar" aria-hidden>
            {account.id[0]}
          </span>
          <div>
            <strong>{account.name || account.id}</strong>
            <span>{roles.join(', ')}</span>
          </div>
        </div>
        <div className="tools">
          <LanguageSelect />
          <ThemeButton />
          <IconButton icon={LogOut} label={t('signOut')} small onClick={() => mayLeave() && void signOut()} />
        </div>
      </div>
    </aside>
  );
}
