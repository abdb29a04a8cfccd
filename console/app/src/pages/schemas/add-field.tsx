import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { graphql } from '../../gql';
import { asFailure, control } from '../../lib/api';
import { useWords, type Key } from '../../lib/i18n';
import { pretty, type JsonObject } from '../../lib/json';
import { spoken } from '../../lib/names';
import { useUnsaved } from '../../lib/unsaved';
import { Card, Check, Field, Page } from '../../ui';
import { useSchema } from './frame';
import { Review } from './review';

const Preview = graphql(`
  mutation PreviewMask($property: JSON!, $values: [String!]!) {
    previewMask(property: $property, values: $values)
  }
`);

// The kinds of value that people choose from, and what each is in JSON Schema.
const kinds: Record<string, { schema: JsonObject; samples: string[]; masks: string[] }> = {
  text: {
    schema: { type: 'string' },
    samples: ['Johannes', '6035550100020003'],
    masks: ['initial', 'last4', 'fixed', 'null'],
  },
  email: {
    schema: { type: 'string', format: 'email' },
    samples: ['ada.lovelace@example.com'],
    masks: ['email', 'null'],
  },
  phone: {
    schema: { type: 'string', format: 'phone' },
    samples: ['+55 11 91234-5678'],
    masks: ['initial', 'last4', 'fixed', 'null'],
  },
  date: { schema: { type: 'string', format: 'date' }, samples: ['1988-04-12'], masks: ['year', 'null'] },
  moment: {
    schema: { type: 'string', format: 'date-time' },
    samples: ['2026-01-31T10:15:30Z'],
    masks: ['year', 'null'],
  },
  whole: { schema: { type: 'integer' }, samples: ['42'], masks: ['null'] },
  number: { schema: { type: 'number' }, samples: ['42.5'], masks: ['null'] },
  yesNo: { schema: { type: 'boolean' }, samples: ['true'], masks: ['null'] },
  choice: { schema: {}, samples: [], masks: ['null'] },
};

interface Form {
  name: string;
  kind: string;
  description: string;
  choices: string;
  list: boolean;
  required: boolean;
  maxLength: string;
  sensitivity: 'pii' | 'sensitive' | 'open';
  mask: string;
  index: 'no' | 'indexed' | 'unique';
  ttl: string;
}

const empty: Form = {
  name: '',
  kind: 'text',
  description: '',
  choices: '',
  list: false,
  required: false,
  maxLength: '',
  sensitivity: 'pii',
  mask: '',
  index: 'no',
  ttl: '',
};

const lines = (text: string) =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean);

/** The JSON Schema of the field that a form describes. */
function propertyOf(form: Form): JsonObject {
  const one: JsonObject =
    form.kind === 'choice' ? { type: 'string', enum: lines(form.choices) } : { ...kinds[form.kind]?.schema };
  if (form.maxLength && form.kind === 'text') one.maxLength = Number(form.maxLength);
  const shape: JsonObject = form.list ? { type: 'array', items: one } : one;
  if (!form.required) {
    if (Array.isArray(shape.enum)) shape.enum = [...shape.enum, null];
    shape.type = [shape.type as string, 'null'];
  }
  return {
    ...shape,
    ...(form.description.trim() && { description: form.description.trim() }),
    sensitive: form.sensitivity !== 'open',
    ...(form.sensitivity === 'pii' && { pii: true }),
    ...(form.sensitivity !== 'open' && form.mask && !form.list && { 'x-mask': form.mask }),
  };
}

/** For people who do not write JSON Schema. */
export function AddField({ entity }: { entity: string }) {
  const { t } = useWords();
  const [form, setForm] = useState(empty);
  const set = (change: Partial<Form>) => setForm((before) => ({ ...before, ...change }));
  const current = useSchema(entity);
  useUnsaved(form.name !== '');
  const kind = kinds[form.kind];
  const canIndex = !form.list && ['text', 'email', 'phone', 'whole', 'date'].includes(form.kind);
  const property = useMemo(() => propertyOf(form), [form]);
  const schema: JsonObject = {
    properties: { [form.name]: property },
    ...(form.required && { required: [form.name] }),
    ...(form.index !== 'no' &&
      canIndex && { 'v-indexed': [form.name], ...(form.index === 'unique' && { 'v-unique': [form.name] }) }),
    ...(form.ttl && { documentTTL: Number(form.ttl) }),
  };
  const exists = current.data?.fields.some((f) => f.path === form.name);
  const problem = !form.name
    ? undefined
    : !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(form.name)
      ? t('add.name.problem')
      : exists
        ? t('add.name.exists')
        : undefined;
  const noChoices = form.kind === 'choice' && lines(form.choices).length === 0;
  return (
    <Page
      title={t('add.title')}
      crumbs={[
        ['/schemas', t('schemas.title')],
        [`/schemas/${entity}`, spoken(entity)],
      ]}
      lead={t('add.lead')}
    >
      <div className="split">
        <div className="stack">
          <Card title={t('add.what')}>
            <div className="form columns">
              <Field label={t('add.name')} hint={t('add.name.hint')} error={problem}>
                {(props) => (
                  <input
                    {...props}
                    value={form.name}
                    autoComplete="off"
                    spellCheck={false}
                    placeholder="loyaltyCard"
                    onChange={(e) => set({ name: e.target.value })}
                  />
                )}
              </Field>
              <Field label={t('add.kind')}>
                {(props) => (
                  <select {...props} value={form.kind} onChange={(e) => set({ kind: e.target.value, mask: '' })}>
                    {Object.keys(kinds).map((k) => (
                      <option key={k} value={k}>
                        {t(`add.kind.${k}` as Key)}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <Field label={t('add.description')} hint={t('add.description.hint')} optional>
                {(props) => (
                  <input {...props} value={form.description} onChange={(e) => set({ description: e.target.value })} />
                )}
              </Field>
              {form.kind === 'text' && (
                <Field label={t('add.maxLength')} optional>
                  {(props) => (
                    <input
                      {...props}
                      inputMode="numeric"
                      value={form.maxLength}
                      onChange={(e) => set({ maxLength: e.target.value.replace(/\D/g, '') })}
                    />
                  )}
                </Field>
              )}
              {form.kind === 'choice' && (
                <Field label={t('add.choices')} hint={t('form.lines')}>
                  {(props) => (
                    <textarea {...props} value={form.choices} onChange={(e) => set({ choices: e.target.value })} />
                  )}
                </Field>
              )}
              <div className="stack tight">
                <Check
                  label={t('add.list')}
                  checked={form.list}
                  onChange={(e) => set({ list: e.target.checked, mask: '' })}
                />
                <Check
                  label={t('add.required')}
                  hint={t('add.required.hint')}
                  checked={form.required}
                  onChange={(e) => set({ required: e.target.checked })}
                />
              </div>
            </div>
          </Card>
          <Card title={t('add.who')}>
            <div className="form">
              <fieldset>
                <legend>{t('add.sensitivity')}</legend>
                <div className="stack tight">
                  {(['pii', 'sensitive', 'open'] as const).map((s) => (
                    <label key={s} className="check">
                      <input
                        type="radio"
                        name="sensitivity"
                        checked={form.sensitivity === s}
                        onChange={() => set({ sensitivity: s })}
                      />
                      <span>
                        {t(`add.sensitivity.${s}`)}
                        <small>{t(`add.sensitivity.${s}.hint`)}</small>
                      </span>
                    </label>
                  ))}
                </div>
              </fieldset>
              {form.sensitivity !== 'open' && !form.list && kind && (
                <Field label={t('add.mask')}>
                  {(props) => (
                    <select {...props} value={form.mask} onChange={(e) => set({ mask: e.target.value })}>
                      <option value="">{t('add.mask.default')}</option>
                      {kind.masks.map((m) => (
                        <option key={m} value={m}>
                          {t(`add.mask.${m}` as Key)}
                        </option>
                      ))}
                    </select>
                  )}
                </Field>
              )}
              {form.sensitivity !== 'open' && (
                <MaskPreview
                  key={form.kind}
                  property={property}
                  samples={form.kind === 'choice' ? lines(form.choices).slice(0, 2) : (kind?.samples ?? [])}
                />
              )}
            </div>
          </Card>
          <Card title={t('add.rest')}>
            <div className="form columns">
              <Field label={t('add.index')} hint={canIndex ? t('add.index.hint') : t('add.index.cannot')}>
                {(props) => (
                  <select
                    {...props}
                    disabled={!canIndex}
                    value={canIndex ? form.index : 'no'}
                    onChange={(e) => set({ index: e.target.value as Form['index'] })}
                  >
                    <option value="no">{t('add.index.no')}</option>
                    <option value="indexed">{t('add.index.indexed')}</option>
                    <option value="unique">{t('add.index.unique')}</option>
                  </select>
                )}
              </Field>
              <Field label={t('add.ttl')} hint={t('add.ttl.hint')} optional>
                {(props) => (
                  <input
                    {...props}
                    inputMode="numeric"
                    value={form.ttl}
                    onChange={(e) => set({ ttl: e.target.value.replace(/\D/g, '') })}
                  />
                )}
              </Field>
            </div>
          </Card>
        </div>
        <Card title={t('add.json')} lead={t('add.json.lead')}>
          <pre className="code">{pretty(schema)}</pre>
        </Card>
      </div>
      <Review
        upload={{ entity, schema, mode: 'MERGE' }}
        disabled={!form.name ? t('add.name.none') : (problem ?? (noChoices ? t('add.choices.none') : undefined))}
      />
    </Page>
  );
}

/** What readers would see of values. The samples go to the server in the body, and nowhere else. */
function MaskPreview({ property, samples }: { property: JsonObject; samples: string[] }) {
  const { t } = useWords();
  const [text, setText] = useState(samples.join('\n'));
  const values = lines(text).slice(0, 20);
  const asked = useDeferredValue(JSON.stringify({ property, values }));
  const query = useQuery({
    queryKey: ['mask', asked],
    gcTime: 0,
    placeholderData: (before) => before,
    queryFn: async () =>
      (await control(Preview, JSON.parse(asked) as { property: JsonObject; values: string[] })).previewMask,
  });
  return (
    <div className="preview">
      <Field label={t('add.preview')} hint={t('add.preview.hint')}>
        {(props) => (
          <textarea
            {...props}
            value={text}
            spellCheck={false}
            autoComplete="off"
            onChange={(e) => setText(e.target.value)}
          />
        )}
      </Field>
      <div className="field">
        <span className="label">{t('add.preview.masked')}</span>
        <output className="code" aria-live="polite" aria-label={t('add.preview.masked')}>
          {query.error ? asFailure(query.error).message : (query.data ?? []).map((m) => m ?? 'null').join('\n') || '—'}
        </output>
      </div>
    </div>
  );
}
