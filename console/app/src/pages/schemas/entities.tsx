import { useQuery } from '@tanstack/react-query';
import { Boxes, Plus } from 'lucide-react';
import { Link } from 'wouter';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { isObject, type Json } from '../../lib/json';
import { spoken } from '../../lib/names';
import { usePerson } from '../../lib/session';
import { Await, Badge, ButtonLink, Card, Empty, Moment, Page } from '../../ui';

const All = graphql(`
  query AllSchemas {
    schemas {
      entity
      version
      author
      creationDate
      schema
      fields {
        path
        sensitive
        indexed
      }
    }
  }
`);

export function Entities() {
  const { t, many } = useWords();
  const { may } = usePerson();
  const query = useQuery({ queryKey: ['schemas'], queryFn: () => control(All) });
  return (
    <Page
      title={t('schemas.title')}
      lead={t('schemas.lead')}
      actions={
        may('SCHEMA') && (
          <ButtonLink kind="primary" href="/schemas/new">
            <Plus aria-hidden />
            {t('schemas.new')}
          </ButtonLink>
        )
      }
    >
      <Card flush>
        <Await query={query}>
          {({ schemas }) =>
            schemas.length === 0 ? (
              <Empty icon={Boxes} title={t('schemas.none')}>
                {t('schemas.none.todo')}
              </Empty>
            ) : (
              <div className="table-wrap">
                <table className="fold entities">
                  <thead>
                    <tr>
                      <th>{t('schemas.entity')}</th>
                      <th>{t('schemas.kind')}</th>
                      <th>{t('schemas.fields')}</th>
                      <th>{t('schemas.version')}</th>
                      <th>{t('schemas.changed')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {schemas.map(({ entity, version, creationDate, fields, schema }) => {
                      const sensitive = fields.filter((f) => f.sensitive).length;
                      return (
                        <tr key={entity} className="link">
                          <td>
                            <Link href={`/schemas/${entity}`}>
                              <strong>{spoken(entity)}</strong>
                            </Link>
                            {descriptionOf(schema) && <span className="sub">{descriptionOf(schema)}</span>}
                          </td>
                          <td data-label={t('schemas.kind')}>{kindOf(schema, t)}</td>
                          <td data-label={t('schemas.fields')}>
                            <span className="badges">
                              <Badge>{many('schemas.count', fields.length)}</Badge>
                              {sensitive > 0 && <Badge tone="secret">{many('schemas.sensitive', sensitive)}</Badge>}
                            </span>
                          </td>
                          <td data-label={t('schemas.version')}>
                            {version === 0 ? <span className="quiet">{t('schemas.builtIn')}</span> : version}
                          </td>
                          <td data-label={t('schemas.changed')}>
                            {creationDate ? <Moment at={creationDate} /> : <span className="quiet">—</span>}
                          </td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
            )
          }
        </Await>
      </Card>
    </Page>
  );
}

const descriptionOf = (schema: Json) =>
  isObject(schema) && typeof schema.description === 'string' ? schema.description : '';

function kindOf(schema: Json, t: ReturnType<typeof useWords>['t']) {
  const about = isObject(schema) && isObject(schema['x-entity']) ? schema['x-entity'] : {};
  if (typeof about.owner !== 'string') return t('schemas.root');
  return t(about.cardinality === 'one' ? 'schemas.ownedOne' : 'schemas.ownedMany', { owner: spoken(about.owner) });
}
