import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { graphql } from '../../gql';
import type { SchemaInForceQuery } from '../../gql/graphql';
import { control, Failure } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { spoken } from '../../lib/names';
import { usePerson } from '../../lib/session';
import { Await, ButtonLink, FailureNotice, Page, Tabs } from '../../ui';

const InForce = graphql(`
  query SchemaInForce($entity: String!) {
    schema(entity: $entity) {
      version
      author
      creationDate
      note
      schema
      text
      fields {
        path
        name
        type
        sensitive
        pii
        mask
        indexed
        unique
        required
        readOnly
        deprecated
        title
        description
        examples
      }
    }
  }
`);

export type Schema = NonNullable<SchemaInForceQuery['schema']>;
export type SchemaField = Schema['fields'][number];

export const useSchema = (entity: string) =>
  useQuery({ queryKey: ['schema', entity], queryFn: async () => (await control(InForce, { entity })).schema ?? null });

/** A page about the schema of one entity. */
export function SchemaPage({
  entity,
  tab,
  children,
}: {
  entity: string;
  tab: '' | '/edit' | '/history' | '/graphql';
  children: (schema: Schema) => ReactNode;
}) {
  const { t } = useWords();
  const { may } = usePerson();
  const query = useSchema(entity);
  const here = `/schemas/${entity}`;
  const description = (query.data?.schema as { description?: unknown } | undefined)?.description;
  return (
    <Page
      title={spoken(entity)}
      crumbs={[['/schemas', t('schemas.title')]]}
      lead={typeof description === 'string' ? description : undefined}
      actions={
        may('SCHEMA') && (
          <ButtonLink kind="primary" href={`${here}/add`}>
            <Plus aria-hidden />
            {t('schema.add')}
          </ButtonLink>
        )
      }
    >
      <Tabs
        label={t('schema.views')}
        current={here + tab}
        tabs={[
          [here, t('schema.fields')],
          ...(may('SCHEMA') ? [[`${here}/edit`, t('schema.edit')] as [string, string]] : []),
          [`${here}/history`, t('schema.history')],
          [`${here}/graphql`, t('schema.graphql')],
        ]}
      />
      <Await query={query}>
        {(schema) =>
          schema ? (
            children(schema)
          ) : (
            <FailureNotice failure={new Failure('NOT_FOUND', t('shoppers.noEntity', { entity }))} />
          )
        }
      </Await>
    </Page>
  );
}
