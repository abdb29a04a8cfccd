import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { SchemaEditor } from '../../editor';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { isObject, pretty, type Json, type JsonObject } from '../../lib/json';
import { useUnsaved } from '../../lib/unsaved';
import { Await, Button, Card, Field, Page } from '../../ui';
import { SchemaPage } from './frame';
import { problemsOf, Review, type Upload } from './review';

const Vocabulary = graphql(`
  query Vocabulary {
    schemaVocabulary
  }
`);

const useVocabulary = () =>
  useQuery({
    queryKey: ['vocabulary'],
    staleTime: Infinity,
    queryFn: async () => (await control(Vocabulary)).schemaVocabulary as JsonObject,
  });

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export const EditSchema = ({ entity }: { entity: string }) => (
  <SchemaPage entity={entity} tab="/edit">
    {({ schema, version }) => <Draft key={version} entity={entity} start={pretty(schema)} />}
  </SchemaPage>
);

function Draft({
  entity,
  start,
  invalid,
  fresh = false,
}: {
  entity: string;
  start: string;
  invalid?: string | undefined;
  fresh?: boolean;
}) {
  const { t } = useWords();
  const vocabulary = useVocabulary();
  const [text, setText] = useState(start);
  useUnsaved(text !== start);
  const schema = useMemo(() => parse(text), [text]);
  const upload: Upload = { entity, schema: isObject(schema) ? schema : {}, mode: 'REPLACE' };
  return (
    <>
      <Card
        title={t('edit.title')}
        lead={t('edit.lead')}
        flush
        actions={
          text !== start && (
            <Button small onClick={() => setText(start)}>
              {t('edit.reset')}
            </Button>
          )
        }
      >
        <Await query={vocabulary}>
          {(words) => (
            <SchemaEditor
              label={t('edit.title')}
              value={text}
              onChange={setText}
              vocabulary={words}
              ask={(draft) => (invalid ? Promise.resolve([]) : problemsOf({ ...upload, schema: draft }))}
            />
          )}
        </Await>
      </Card>
      <Review upload={upload} fresh={fresh} disabled={invalid ?? (isObject(schema) ? undefined : t('edit.noJson'))} />
    </>
  );
}

const template = (owner: string, many: boolean) =>
  pretty({
    type: 'object',
    description: 'What it is.',
    ...(owner && { 'x-entity': { owner, cardinality: many ? 'many' : 'one' } }),
    properties: { name: { type: 'string', description: 'What it is called.', maxLength: 100 } },
    required: ['name'],
    additionalProperties: false,
  });

export function NewEntity() {
  const { t } = useWords();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState('Profile');
  const [many, setMany] = useState(true);
  const wrong = /^[A-Z][A-Za-z0-9]{0,62}$/.test(name) ? undefined : t('newEntity.name.problem');
  return (
    <Page title={t('schemas.new')} crumbs={[['/schemas', t('schemas.title')]]} lead={t('newEntity.lead')}>
      <Card>
        <div className="form columns">
          <Field label={t('newEntity.name')} hint={t('newEntity.name.hint')} error={name ? wrong : undefined}>
            {(props) => (
              <input
                {...props}
                value={name}
                autoComplete="off"
                spellCheck={false}
                placeholder="Pet"
                onChange={(e) => setName(e.target.value)}
              />
            )}
          </Field>
          <Field label={t('newEntity.owner')}>
            {(props) => (
              <select
                {...props}
                value={owner && (many ? 'many' : 'one')}
                onChange={(e) => {
                  setOwner(e.target.value ? 'Profile' : '');
                  setMany(e.target.value === 'many');
                }}
              >
                <option value="many">{t('newEntity.many')}</option>
                <option value="one">{t('newEntity.one')}</option>
                <option value="">{t('schemas.root')}</option>
              </select>
            )}
          </Field>
        </div>
      </Card>
      <Draft key={`${owner} ${many}`} entity={name} start={template(owner, many)} invalid={wrong} fresh />
    </Page>
  );
}
