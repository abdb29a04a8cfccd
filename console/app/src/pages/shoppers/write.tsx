import { useQueryClient } from '@tanstack/react-query';
import { Save } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { create, update, type Doc } from '../../data/documents';
import type { Entity, InputModel } from '../../data/model';
import type { Failure } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import type { JsonObject } from '../../lib/json';
import { spoken, spokenPath } from '../../lib/names';
import { saved, useUnsaved } from '../../lib/unsaved';
import { Await, Button, Card, FailureNotice, Field, Notice, Page, useAction, useToast } from '../../ui';
import { Inputs, problemsOf, type Context } from './inputs';
import { useDocument } from './shopper';

/** Where one goes from a form: to the document itself, or to its owner, which shows it. */
const back = (entity: Entity, id: string, owner?: string) =>
  owner ? `/shoppers/Profile/${owner}` : `/shoppers/${entity.name}/${id}`;

export function Create({ entity, owner }: { entity: Entity; owner?: string }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const kind = spoken(entity.name);
  const from: [string, string][] = [[`/shoppers/${owner ? 'Profile' : entity.name}`, t('shoppers.title')]];
  return (
    <Page
      title={t('shoppers.new', { entity: kind })}
      crumbs={owner ? [...from, [`/shoppers/Profile/${owner}`, t('doc.owner')]] : from}
      lead={entity.description}
    >
      <DocumentForm
        entity={entity}
        inputs={entity.input}
        onCancel={() => go(owner ? `/shoppers/Profile/${owner}` : `/shoppers/${entity.name}`)}
        save={(input, ttl) => create(entity, owner, input, ttl)}
        onSaved={(id) => go(back(entity, id as string, owner))}
      />
    </Page>
  );
}

export function Edit({ entity, id }: { entity: Entity; id: string }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const query = useDocument(entity, id);
  // Everything in a patch is optional, but what a document must have cannot be removed.
  const inputs = useMemo(
    () => entity.patch.map((p) => ({ ...p, required: entity.input.some((i) => i.name === p.name && i.required) })),
    [entity],
  );
  const there = `/shoppers/${entity.name}/${id}`;
  return (
    <Page
      title={t('form.edit', { entity: spoken(entity.name) })}
      crumbs={[
        [`/shoppers/${entity.ownerField ? 'Profile' : entity.name}`, t('shoppers.title')],
        [there, spoken(entity.name)],
      ]}
      lead={t('form.edit.lead')}
    >
      <Await query={query}>
        {(doc) =>
          doc && (
            <DocumentForm
              entity={entity}
              inputs={inputs}
              doc={doc}
              onCancel={() => go(there)}
              onSaved={() => go(there)}
              save={(patch, ttl) => update(entity, id, patch, doc.meta.version, ttl)}
            />
          )
        }
      </Await>
    </Page>
  );
}

function DocumentForm({
  entity,
  inputs,
  doc,
  save,
  onSaved,
  onCancel,
}: {
  entity: Entity;
  inputs: InputModel[];
  doc?: Doc;
  save(draft: JsonObject, ttlDays: number | undefined): Promise<unknown>;
  onSaved(result: unknown): void;
  onCancel(): void;
}) {
  const { t, find } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<JsonObject>({});
  const [ttl, setTtl] = useState('');
  const [tried, setTried] = useState(false);
  const patch = doc !== undefined;
  const { run, busy, failure } = useAction(
    () => save(draft, ttl ? Number(ttl) : undefined),
    (result) => {
      toast(t('form.saved'));
      void queries.invalidateQueries({ queryKey: ['document'] });
      void queries.invalidateQueries({ queryKey: ['documents'] });
      saved();
      onSaved(result);
    },
  );
  const errors = useMemo(() => {
    const found = new Map<string, string>();
    if (tried)
      for (const [path, problem] of problemsOf(inputs, draft, patch)) found.set(path, t(`form.problem.${problem}`));
    for (const { path, rule, message } of failure?.violations ?? [])
      if (!found.has(path)) found.set(path, find(`rule.${rule}`) ?? message);
    if (failure?.code === 'NOT_UNIQUE' && typeof failure.details.field === 'string')
      found.set(failure.details.field, t('form.problem.unique'));
    return found;
  }, [tried, inputs, draft, patch, failure, t, find]);
  const form = useRef<HTMLFormElement>(null);
  // Brings the first field that needs attention into view.
  useEffect(() => {
    if (failure || tried) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [failure, tried]);
  const names = inputs.map((i) => i.name);
  const elsewhere = (failure?.violations ?? []).filter(({ path }) => !names.includes(path.split('.')[0] ?? ''));
  const context: Context = { errors, masked: doc?.meta.masked ?? [], patch };
  const [main, rest] = [
    inputs.filter((i) => i.name !== 'additionalProperties'),
    inputs.filter((i) => i.name === 'additionalProperties'),
  ];
  const submit = () => {
    setTried(true);
    if (problemsOf(inputs, draft, patch).length === 0) run();
    else form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  };
  const shared = { draft, current: doc?.values ?? {}, onChange: setDraft, context };
  const changed = Object.keys(draft).length > 0 || ttl !== '';
  useUnsaved(changed);
  return (
    <form
      ref={form}
      className="stack"
      noValidate
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {failure &&
        (failure.violations.length > 0 || failure.code === 'NOT_UNIQUE' ? (
          <Notice tone="bad" title={t('form.refused')}>
            {elsewhere.length > 0 ? (
              <ul>
                {elsewhere.map(({ path, message }) => (
                  <li key={path}>
                    {spokenPath(path)}: {message}
                  </li>
                ))}
              </ul>
            ) : (
              <p>{t('form.refused.lead')}</p>
            )}
          </Notice>
        ) : (
          <FailureNotice failure={failure as Failure} />
        ))}
      <Card>
        <div className="form columns">
          <Inputs inputs={main} {...shared} />
        </div>
        <details className="apart" open={rest.some((i) => i.name in draft)}>
          <summary>{t('form.more')}</summary>
          <div className="form">
            <Inputs inputs={rest} {...shared} />
            <Field label={t('form.ttl')} hint={t('form.ttl.hint')} optional>
              {(props) => (
                <input
                  {...props}
                  inputMode="numeric"
                  value={ttl}
                  onChange={(e) => setTtl(e.target.value.replace(/\D/g, ''))}
                />
              )}
            </Field>
          </div>
        </details>
      </Card>
      <div className="row end">
        <Button onClick={onCancel}>{t('cancel')}</Button>
        <Button kind="primary" type="submit" busy={busy} disabled={patch && !changed}>
          <Save aria-hidden />
          {patch ? t('form.save') : t('form.create', { entity: spoken(entity.name) })}
        </Button>
      </div>
    </form>
  );
}
