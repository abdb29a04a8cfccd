import { lazy, Suspense, type ComponentProps } from 'react';
import { Loading } from '../ui';

const load = () => import('./editors');
const Lazy = {
  SchemaEditor: lazy(async () => ({ default: (await load()).SchemaEditor })),
  Reader: lazy(async () => ({ default: (await load()).Reader })),
  Comparison: lazy(async () => ({ default: (await load()).Comparison })),
};

export const SchemaEditor = (props: ComponentProps<typeof Lazy.SchemaEditor>) => (
  <Suspense fallback={<Loading />}>
    <Lazy.SchemaEditor {...props} />
  </Suspense>
);
export const Reader = (props: ComponentProps<typeof Lazy.Reader>) => (
  <Suspense fallback={<Loading />}>
    <Lazy.Reader {...props} />
  </Suspense>
);
export const Comparison = (props: ComponentProps<typeof Lazy.Comparison>) => (
  <Suspense fallback={<Loading />}>
    <Lazy.Comparison {...props} />
  </Suspense>
);
