import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Reader } from '../../editor';
import { send } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { Await, Card, CopyButton, Segments } from '../../ui';
import { SchemaPage } from './frame';

/** The account's GraphQL schema as text. */
export const useSdl = () => useQuery({ queryKey: ['sdl'], queryFn: async () => (await send('/sdl')).text() });

/** The definitions whose names begin with an entity's, with the text that documents them. */
function ofEntity(sdl: string, entity: string): string {
  const blocks = sdl.split(/\n\n(?=(?:"""|type |input |enum |union |interface |scalar |directive ))/);
  return blocks
    .filter((block) =>
      new RegExp(`^(?:type|input|enum|union|interface) ${entity}[A-Z\\s@{]`, 'm').test(
        block.replace(/"""[\s\S]*?"""\n/g, ''),
      ),
    )
    .join('\n\n');
}

export function GraphQL({ entity }: { entity: string }) {
  const { t } = useWords();
  const query = useSdl();
  const [part, setPart] = useState<'entity' | 'all'>('entity');
  return (
    <SchemaPage entity={entity} tab="/graphql">
      {() => (
        <Await query={query}>
          {(sdl) => {
            const text = part === 'all' ? sdl : ofEntity(sdl, entity);
            return (
              <Card
                title={t('graphql.title')}
                lead={t('graphql.lead')}
                flush
                actions={
                  <>
                    <Segments<'entity' | 'all'>
                      label={t('graphql.part')}
                      value={part}
                      onChange={setPart}
                      options={[
                        ['entity', t('graphql.entity')],
                        ['all', t('graphql.all')],
                      ]}
                    />
                    <CopyButton text={text} />
                  </>
                }
              >
                <Reader label={t('graphql.title')} language="graphql" text={text} />
              </Card>
            );
          }}
        </Await>
      )}
    </SchemaPage>
  );
}
