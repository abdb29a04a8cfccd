import {
  BookOpenCheck,
  Boxes,
  Building2,
  FileLock2,
  Home,
  KeyRound,
  KeySquare,
  LogOut,
  Menu,
  Moon,
  Network,
  Stamp,
  Sun,
  SunMoon,
  SquareTerminal,
  UsersRound,
  Waypoints,
  X,
  type LucideIcon,
} from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import type { Permission } from './gql/graphql';
import { languages, useWords, type Key, type Language } from './lib/i18n';
import { usePerson, useSession } from './lib/session';
import { themes, useTheme } from './lib/theme';
import { mayLeave } from './lib/unsaved';
import { Overview } from './pages/overview';
import { SignIn, SignInAgain } from './pages/sign-in';
import { Boundary, Button, Empty, FailureNotice, IconButton, Loading, Page, ToastProvider } from './ui';
import { Mark } from './ui/mark';

interface Place {
  path: string;
  label: Key;
  icon: LucideIcon;
  needs: Permission[];
  page: React.ComponentType;
  load: Load;
}

type Load = () => Promise<{ default: React.ComponentType }>;

/** A page whose code comes when it is needed. */
const later = (load: Load) => ({ load, page: lazy(load) });

// Where one can go, in groups, and any of which permissions it takes. The server decides; this only leaves out
// what it would refuse.
const places: [group: Key, Place[]][] = [
  [
    'nav.data',
    [
      {
        path: '/shoppers',
        label: 'shoppers.title',
        icon: UsersRound,
        needs: ['READ'],
        ...later(() => import('./pages/shoppers')),
      },
      {
        path: '/schemas',
        label: 'schemas.title',
        icon: Boxes,
        needs: ['READ', 'SCHEMA'],
        ...later(() => import('./pages/schemas')),
      },
      {
        path: '/playground',
        label: 'playground.title',
        icon: SquareTerminal,
        needs: [],
        ...later(() => import('./pages/playground')),
      },
    ],
  ],
  [
    'nav.trust',
    [
      {
        path: '/audit',
        label: 'audit.title',
        icon: BookOpenCheck,
        needs: ['AUDIT'],
        ...later(() => import('./pages/audit')),
      },
      {
        path: '/purposes',
        label: 'policy.title',
        icon: FileLock2,
        needs: ['UNMASK', 'AUDIT', 'PRIVACY'],
        ...later(() => import('./pages/policy')),
      },
      {
        path: '/approvals',
        label: 'approvals.title',
        icon: Stamp,
        needs: ['PRIVACY'],
        ...later(() => import('./pages/approvals')),
      },
    ],
  ],
  [
    'nav.administration',
    [
      {
        path: '/api-keys',
        label: 'apiKeys.title',
        icon: KeyRound,
        needs: ['ACCOUNT'],
        ...later(() => import('./pages/api-keys')),
      },
      {
        path: '/encryption',
        label: 'encryption.title',
        icon: KeySquare,
        needs: ['ACCOUNT'],
        ...later(() => import('./pages/encryption')),
      },
      {
        path: '/integrations',
        label: 'integrations.title',
        icon: Waypoints,
        needs: ['ACCOUNT'],
        ...later(() => import('./pages/integrations')),
      },
      {
        path: '/federation',
        label: 'federation.title',
        icon: Network,
        needs: ['SCHEMA'],
        ...later(() => import('./pages/federation')),
      },
      {
        path: '/accounts',
        label: 'accounts.title',
        icon: Building2,
        needs: ['PLATFORM'],
        ...later(() => import('./pages/accounts')),
      },
    ],
  ],
];

// Most people come to the place that they will see: its code comes along while the server tells who they are.
places
  .flatMap(([, list]) => list)
  .find(({ path }) => location.pathname.startsWith(`/console${path}`))
  ?.load()
  .catch(() => {}); // it is asked for again, and then told, when it is shown

/** The places that the person may go to, by group. */
export function usePlaces() {
  const { may, subject } = usePerson();
  const open = ({ needs, path }: Place) => (needs.length === 0 || may(...needs)) && !(subject && path === '/schemas');
  return places.map(([group, list]) => [group, list.filter(open)] as const).filter(([, list]) => list.length > 0);
}

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
