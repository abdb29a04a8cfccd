import { useState } from 'react';
import { useWords } from '../../lib/i18n';
import { usePerson } from '../../lib/session';
import { Button, Card, Check, Danger, FailureNotice, Field, useAction } from '../../ui';
import type { Policy } from './types';

export function Settings({
  policy,
  write,
  put,
}: {
  policy: Policy;
  write: boolean;
  put(change: { refuseMisplaced: boolean; auditDays: number | null }): Promise<void>;
}) {
  const { t } = useWords();
  const [refuse, setRefuse] = useState(policy.refuseMisplaced);
  const [days, setDays] = useState(policy.auditDays ? String(policy.auditDays) : '');
  const [asking, setAsking] = useState(false);
  const { account } = usePerson();
  const next = { refuseMisplaced: refuse, auditDays: days ? Number(days) : null };
  const changed = refuse !== policy.refuseMisplaced || next.auditDays !== (policy.auditDays ?? null);
  const shorter =
    next.auditDays !== null &&
    (policy.auditDays === null || policy.auditDays === undefined || next.auditDays < policy.auditDays);
  const { run, busy, failure } = useAction(() => put(next));
  return (
    <Card title={t('policy.settings')}>
      <form
        className="form"
        onSubmit={(e) => {
          e.preventDefault();
          if (shorter) setAsking(true);
          else run();
        }}
      >
        <Check
          label={t('policy.refuse')}
          hint={t('policy.refuse.hint')}
          checked={refuse}
          disabled={!write}
          onChange={(e) => setRefuse(e.target.checked)}
        />
        <Field label={t('policy.days')} hint={t('policy.days.hint')} optional>
          {(props) => (
            <input
              {...props}
              inputMode="numeric"
              className="short"
              disabled={!write}
              value={days}
              onChange={(e) => setDays(e.target.value.replace(/\D/g, ''))}
            />
          )}
        </Field>
        {failure && <FailureNotice failure={failure} />}
        {write && (
          <div>
            <Button type="submit" kind="primary" busy={busy} disabled={!changed}>
              {t('form.save')}
            </Button>
          </div>
        )}
      </form>
      {asking && (
        <Danger
          title={t('policy.days.title')}
          name={account.id}
          action={t('policy.days.do')}
          onClose={() => setAsking(false)}
          run={() => put(next)}
        >
          <p>{t('policy.days.lead', { n: days })}</p>
        </Danger>
      )}
    </Card>
  );
}
