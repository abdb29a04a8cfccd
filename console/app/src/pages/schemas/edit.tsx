import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Comparison, SchemaEditor } from '../../editor';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { compact, isObject, pretty, type Json, type JsonObject } from '../../lib/json';
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
    {({ text, version }) => <Draft key={entity} entity={entity} inForce={{ version, text: compact(text) }} />}
  </SchemaPage>
);

interface Version {
  version: number;
  text: string;
}

/**
 * What somebody types stays, whatever comes into force meanwhile: they see what it changed, and only once they have
 * said that they took it over does their text replace it.
 */
function Draft({
  entity,
  inForce,
  invalid,
  fresh = false,
}: {
  entity: string;
  inForce: Version;
  invalid?: string | undefined;
  fresh?: boolean;
}) {
  const { t } = useWords();
  const vocabulary = useVocabulary();
  const [base, setBase] = useState(inForce); // the version that the draft is made from
  const [text, setText] = useState(base.text);
  const startOver = () => {
    setBase(inForce);
    setText(inForce.text);
  };
  const edited = text !== base.text;
  useUnsaved(edited);
  const behind = base.version !== inForce.version;
  if (behind && !edited) startOver();
  const schema = useMemo(() => parse(text), [text]);
  const upload: Upload = { entity, schema: text, mode: 'REPLACE' };
  return (
    <>
      <Card
        title={t('edit.title')}
        lead={t('edit.lead')}
        flush
        actions={
          edited && (
            <Button small onClick={startOver}>
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
      {behind && (
        <Card
          title={t('edit.behind', { version: inForce.version })}
          lead={t('edit.behind.lead')}
          flush
          actions={
            <Button small onClick={() => setBase(inForce)}>
              {t('edit.behind.done')}
            </Button>
          }
        >
          <Comparison
            language="json"
            before={base.text}
            after={inForce.text}
            labels={[t('edit.behind.before'), t('review.before')]}
          />
        </Card>
      )}
      <Review
        upload={upload}
        from={fresh ? undefined : base.version}
        fresh={fresh}
        disabled={invalid ?? (isObject(schema) ? undefined : t('edit.noJson'))}
      />
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
      <Draft
        key={`${owner} ${many}`}
        entity={name}
        inForce={{ version: 0, text: template(owner, many) }}
        invalid={wrong}
        fresh
      />
    </Page>
  );
}
