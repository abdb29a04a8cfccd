import { Bookmark, Link2, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWords } from '../../lib/i18n';
import { keep, kept } from '../../lib/preferences';
import { Button, Card, Dialog, Field, useToast } from '../../ui';
import { names, personal, type Filter, type Name } from './query';

const actions = [
  'GetProfileUnmasked',
  'GetProfileVersionUnmasked',
  'GetAddressUnmasked',
  'GetPurchaseInfoUnmasked',
  'GetProspectUnmasked',
  'PutSchema',
  'CreateApiKey',
  'RevokeApiKey',
  'PutPolicy',
  'RequestApproval',
  'Approve',
  'DeclineApproval',
  'ExportSubject',
  'ProfileSystemUserRightsDelete',
  'PlaceLegalHold',
  'ReleaseLegalHold',
  'RotateKeys',
  'ExportAudit',
  'CreateAccount',
  'UpdateAccount',
];

export function Filters({ filter, onChange }: { filter: Filter; onChange(filter: Filter): void }) {
  const { t } = useWords();
  const toast = useToast();
  const [draft, setDraft] = useState<Filter>(filter);
  const set = (name: Name, value: string) => setDraft({ ...draft, [name]: value.trim() });
  const wrong = names.filter((n) => draft[n] && personal(n, draft[n]));
  const text = (name: Name, hint?: string) => (
    <Field
      key={name}
      label={t(`audit.${name}` as 'audit.actor')}
      hint={hint}
      error={wrong.includes(name) ? t(name === 'subject' ? 'audit.subject.problem' : 'audit.personal') : undefined}
    >
      {(props) => (
        <input
          {...props}
          value={draft[name] ?? ''}
          autoComplete="off"
          spellCheck={false}
          list={name === 'action' ? 'actions' : undefined}
          onChange={(e) => set(name, e.target.value)}
        />
      )}
    </Field>
  );
  const isSet = Object.keys(filter).length > 0;
  return (
    <Card title={t('audit.filters')} actions={<Saved filter={filter} onChoose={onChange} />}>
      <form
        className="form"
        onSubmit={(e) => {
          e.preventDefault();
          if (wrong.length === 0) onChange(draft);
        }}
      >
        <datalist id="actions">
          {actions.map((a) => (
            <option key={a} value={a} />
          ))}
        </datalist>
        <div className="filter-grid">
          {(['from', 'to'] as const).map((name) => (
            <Field key={name} label={t(`audit.${name}`)}>
              {(props) => (
                <input {...props} type="date" value={draft[name] ?? ''} onChange={(e) => set(name, e.target.value)} />
              )}
            </Field>
          ))}
          {text('action')}
          <Field label={t('audit.outcome')}>
            {(props) => (
              <select {...props} value={draft.outcome ?? ''} onChange={(e) => set('outcome', e.target.value)}>
                <option value="">{t('audit.any')}</option>
                <option value="ALLOWED">{t('audit.ALLOWED')}</option>
                <option value="DENIED">{t('audit.DENIED')}</option>
                <option value="DONE">{t('audit.DONE')}</option>
              </select>
            )}
          </Field>
          {text('actor')}
          {text('subject')}
          {text('entity')}
          {text('field')}
        </div>
        <div className="row end">
          {isSet && (
            <Button
              kind="plain"
              onClick={() => void navigator.clipboard.writeText(location.href).then(() => toast(t('audit.shared')))}
            >
              <Link2 aria-hidden />
              {t('audit.share')}
            </Button>
          )}
          {isSet && <Button onClick={() => onChange({})}>{t('audit.clear')}</Button>}
          <Button kind="primary" type="submit">
            {t('audit.apply')}
          </Button>
        </div>
      </form>
    </Card>
  );
}

interface Saved {
  name: string;
  filter: Filter;
}

function readSaved(): Saved[] {
  try {
    return JSON.parse(kept('audit-queries') ?? '[]') as Saved[];
  } catch {
    return [];
  }
}

/** Queries that are kept in this browser. They hold ids and names, like the addresses that they stand for. */
function Saved({ filter, onChoose }: { filter: Filter; onChoose(filter: Filter): void }) {
  const { t } = useWords();
  const [saved, setSaved] = useState(readSaved);
  const [naming, setNaming] = useState<string | null>(null);
  useEffect(() => keep('audit-queries', saved.length ? JSON.stringify(saved) : null), [saved]);
  const current = saved.find((s) => JSON.stringify(s.filter) === JSON.stringify(filter));
  const save = (name: string) => {
    setSaved([...saved.filter((s) => s.name !== name), { name, filter }]);
    setNaming(null);
  };
  const problem = naming && personal('entity', naming) ? t('audit.personal') : undefined;
  return (
    <>
      {saved.length > 0 && (
        <select
          className="small auto"
          aria-label={t('audit.saved')}
          value={current?.name ?? ''}
          onChange={(e) => {
            const one = saved.find((s) => s.name === e.target.value);
            if (one) onChoose(one.filter);
          }}
        >
          <option value="">{t('audit.saved')}</option>
          {saved.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      {current ? (
        <Button small kind="plain" onClick={() => setSaved(saved.filter((s) => s !== current))}>
          <Trash2 aria-hidden />
          {t('audit.forget')}
        </Button>
      ) : (
        Object.keys(filter).length > 0 && (
          <Button small onClick={() => setNaming('')}>
            <Bookmark aria-hidden />
            {t('audit.save')}
          </Button>
        )
      )}
      {naming !== null && (
        <Dialog
          title={t('audit.save')}
          onClose={() => setNaming(null)}
          onSubmit={() => {
            if (naming.trim() && !problem) save(naming.trim());
          }}
          footer={
            <>
              <Button onClick={() => setNaming(null)}>{t('cancel')}</Button>
              <Button kind="primary" type="submit" disabled={!naming.trim()}>
                {t('audit.save.do')}
              </Button>
            </>
          }
        >
          <Field label={t('audit.save.name')} hint={t('audit.save.hint')} error={problem}>
            {(props) => <input {...props} value={naming} maxLength={60} onChange={(e) => setNaming(e.target.value)} />}
          </Field>
        </Dialog>
      )}
    </>
  );
}
