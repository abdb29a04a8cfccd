import { useState } from 'react';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { Button, Card, FailureNotice, Field, Notice, useAction } from '../../ui';
import { useRoles } from '../api-keys';
import type { Policy } from './types';

const Try = graphql(`
  query TestPolicy($roles: [String!]!, $entity: String!, $fields: [String!]!, $purpose: String) {
    testPolicy(roles: $roles, entity: $entity, fields: $fields, purpose: $purpose)
  }
`);

export function TryPolicy({ policy }: { policy: Policy }) {
  const { t, find } = useWords();
  const roles = useRoles().filter((r) => r.permissions.includes('UNMASK'));
  const [role, setRole] = useState('support');
  const [field, setField] = useState('Profile.email');
  const [purpose, setPurpose] = useState('');
  const { run, busy, failure } = useAction(async () => {
    const [entity = '', ...path] = field.split('.');
    setVerdict({
      refusal:
        (await control(Try, { roles: [role], entity, fields: [path.join('.')], purpose: purpose || null }))
          .testPolicy ?? null,
    });
  });
  const [verdict, setVerdict] = useState<{ refusal: string | null } | null>(null);
  return (
    <Card title={t('policy.try')} lead={t('policy.try.lead')}>
      <form
        className="form"
        onSubmit={(e) => {
          e.preventDefault();
          setVerdict(null);
          run();
        }}
      >
        <div className="try">
          <Field label={t('policy.try.role')}>
            {(props) => (
              <select {...props} value={role} onChange={(e) => setRole(e.target.value)}>
                {roles.map((r) => (
                  <option key={r.name}>{r.name}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('policy.try.field')}>
            {(props) => (
              <input {...props} value={field} spellCheck={false} onChange={(e) => setField(e.target.value)} />
            )}
          </Field>
          <Field label={t('reveal.purpose')}>
            {(props) => (
              <select {...props} value={purpose} onChange={(e) => setPurpose(e.target.value)}>
                <option value="">—</option>
                {policy.purposes.map((p) => (
                  <option key={p.code}>{p.code}</option>
                ))}
              </select>
            )}
          </Field>
          <Button type="submit" busy={busy}>
            {t('policy.try.do')}
          </Button>
        </div>
        {failure && <FailureNotice failure={failure} />}
        {verdict &&
          (verdict.refusal ? (
            <Notice tone="warn" title={t('policy.try.no')}>
              {find(`error.${verdict.refusal}`) ?? verdict.refusal}
            </Notice>
          ) : (
            <Notice tone="good" title={t('policy.try.yes')} />
          ))}
      </form>
    </Card>
  );
}
