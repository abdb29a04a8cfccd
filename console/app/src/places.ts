import {
  BookOpenCheck,
  Boxes,
  Building2,
  Eraser,
  FileLock2,
  KeyRound,
  KeySquare,
  Network,
  Stamp,
  SquareTerminal,
  UsersRound,
  Waypoints,
  type LucideIcon,
} from 'lucide-react';
import { lazy } from 'react';
import type { Permission } from './gql/graphql';
import type { Key } from './lib/i18n';
import { usePerson } from './lib/session';

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
      {
        path: '/erasures',
        label: 'erasures.title',
        icon: Eraser,
        needs: ['PRIVACY'],
        ...later(() => import('./pages/erasures')),
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
