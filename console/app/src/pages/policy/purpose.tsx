import { useState } from 'react';
import type { PurposeInput } from '../../gql/graphql';
import { useWords } from '../../lib/i18n';
import { Button, Check, Dialog, FailureNotice, Field, useAction } from '../../ui';
import { useRoles } from '../api-keys';
import type { Purpose } from './types';

const lines = (text: string) =>
  text
    .split(/[\n,]/)
    .map((l) => l.trim())
    .filter(Boolean);

export function PurposeDialog({
  purpose,
  taken,
  save,
  onClose,
}: {
  purpose: Purpose | null;
  taken: string[];
  save(purpose: PurposeInput): Promise<void>;
  onClose(): void;
}) {
  const { t } = useWords();
  const roles = useRoles();
  const [form, setForm] = useState({
    code: purpose?.code ?? '',
    description: purpose?.description ?? '',
    legalBasis: purpose?.legalBasis ?? '',
    fields: purpose?.fields.join('\n') ?? '',
    roles: purpose?.roles ?? [],
    budget: purpose?.budgetPerHour ? String(purpose.budgetPerHour) : '',
    ends: purpose?.expirationDate?.slice(0, 10) ?? '',
    approval: purpose?.approval ?? false,
  });
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const { run, busy, failure } = useAction(
    () =>
      save({
        code: form.code,
        description: form.description.trim(),
        legalBasis: form.legalBasis.trim(),
        fields: lines(form.fields),
        roles: form.roles,
        approval: form.approval,
        budgetPerHour: form.budget ? Number(form.budget) : null,
        expirationDate: form.ends ? new Date(`${form.ends}T23:59:59`).toISOString() : null,
      }),
    onClose,
  );
  const codeProblem = !form.code
    ? undefined
    : !/^[a-z0-9][a-z0-9-]{0,62}$/.test(form.code)
      ? t('policy.code.problem')
      : !purpose && taken.includes(form.code)
        ? t('policy.code.taken')
        : undefined;
  const ready =
    form.code && !codeProblem && form.legalBasis.trim() && lines(form.fields).length > 0 && form.roles.length > 0;
  return (
    <Dialog
      title={purpose ? t('policy.edit', { code: purpose.code }) : t('policy.new')}
      wide
      onClose={onClose}
      onSubmit={() => {
        if (ready) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
            {t('form.save')}
          </Button>
        </>
      }
    >
      <div className="form columns">
        <Field label={t('policy.code')} hint={t('policy.code.hint')} error={codeProblem}>
          {(props) => (
            <input
              {...props}
              value={form.code}
              disabled={purpose !== null}
              autoComplete="off"
              spellCheck={false}
              onChange={(e) => set({ code: e.target.value })}
            />
          )}
        </Field>
        <Field label={t('policy.legalBasis')} hint={t('policy.legalBasis.hint')}>
          {(props) => (
            <input {...props} value={form.legalBasis} onChange={(e) => set({ legalBasis: e.target.value })} />
          )}
        </Field>
        <Field label={t('policy.description')} optional>
          {(props) => (
            <input {...props} value={form.description} onChange={(e) => set({ description: e.target.value })} />
          )}
        </Field>
        <Field label={t('policy.fields')} hint={t('policy.fields.hint')}>
          {(props) => (
            <textarea
              {...props}
              value={form.fields}
              spellCheck={false}
              onChange={(e) => set({ fields: e.target.value })}
            />
          )}
        </Field>
        <Field label={t('policy.budget')} hint={t('policy.budget.hint')} optional>
          {(props) => (
            <input
              {...props}
              inputMode="numeric"
              value={form.budget}
              onChange={(e) => set({ budget: e.target.value.replace(/\D/g, '') })}
            />
          )}
        </Field>
        <Field label={t('policy.ends')} optional>
          {(props) => (
            <input {...props} type="date" value={form.ends} onChange={(e) => set({ ends: e.target.value })} />
          )}
        </Field>
      </div>
      <fieldset>
        <legend>{t('policy.roles')}</legend>
        <div className="checks">
          {roles
            .filter((r) => r.permissions.includes('UNMASK'))
            .map((r) => (
              <Check
                key={r.name}
                label={<code>{r.name}</code>}
                checked={form.roles.includes(r.name)}
                onChange={(e) =>
                  set({ roles: e.target.checked ? [...form.roles, r.name] : form.roles.filter((n) => n !== r.name) })
                }
              />
            ))}
        </div>
      </fieldset>
      <Check
        label={t('policy.approval')}
        hint={t('policy.approval.hint')}
        checked={form.approval}
        onChange={(e) => set({ approval: e.target.checked })}
      />
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
