import { useQuery } from '@tanstack/react-query';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { RotateCw } from 'lucide-react';
import { useCallback, useRef, useState } from 'react';
import { Workbench } from '@playground/workbench.jsx';
import 'graphiql/style.css';
import '@playground/graphiql.css';
import { execute, Failure } from '../lib/api';
import { useWords } from '../lib/i18n';
import { useTheme } from '../lib/theme';
import { Await, Button, Page, Segments } from '../ui';

const paths = { data: '/graphql', control: '/control/graphql' };
type Plane = keyof typeof paths;

const introspection = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

/** GraphiQL with the rights of whoever is signed in. Queries are in memory only. */
export default function Playground() {
  const { t } = useWords();
  const [theme] = useTheme();
  const [plane, setPlane] = useState<Plane>('data');
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  const tabs = useRef({});
  const schema = useQuery({
    queryKey: ['playground', plane],
    staleTime: Infinity,
    queryFn: async () => {
      const { data, errors } = await execute<IntrospectionQuery>(paths[plane], {
        query: introspection,
        operationName: 'IntrospectionQuery',
      });
      if (!data) throw errors[0] ?? new Failure('INTERNAL', 'no schema');
      return buildClientSchema(data);
    },
  });
  const send = useCallback(
    async (operation: { query: string; variables?: unknown; operationName?: string }) => {
      const response = await fetch(paths[plane], {
        method: 'POST',
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify(operation),
      });
      return response.json();
    },
    [plane],
  );
  return (
    <Page
      title={t('playground.title')}
      full
      actions={
        <>
          <Segments<Plane>
            label={t('playground.api')}
            value={plane}
            onChange={setPlane}
            options={[
              ['data', t('playground.data')],
              ['control', t('playground.control')],
            ]}
          />
          <span className="graphiql-actions" ref={setSlot} />
          <Button busy={schema.isFetching} onClick={() => void schema.refetch()}>
            <RotateCw aria-hidden />
            {t('playground.reload')}
          </Button>
        </>
      }
    >
      <div className="card workbench">
        <Await query={schema}>
          {(loaded) =>
            slot && (
              <Workbench
                key={plane}
                plane={plane}
                send={send}
                schema={loaded}
                tabs={tabs.current}
                actionsSlot={slot}
                theme={theme}
              />
            )
          }
        </Await>
      </div>
    </Page>
  );
}
