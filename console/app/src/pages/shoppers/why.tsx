// What has to be said before values are handed out in clear: a reason, and one of the account's purposes.
import { useQuery } from '@tanstack/react-query';
import { graphql } from '../../gql';
import type { PolicyForRevealQuery } from '../../gql/graphql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { usePerson } from '../../lib/session';
import { Field } from '../../ui';

const Policy = graphql(`
  query PolicyForReveal {
    policy {
      purposes {
        code
        description
        fields
        roles
        expirationDate
        approval
        budgetPerHour
      }
    }
  }
`);
export type Purpose = PolicyForRevealQuery['policy']['purposes'][number];

/** All purposes of the account, and those that whoever is signed in may use. */
export function usePurposes() {
  const { roles } = usePerson();
  const policy = useQuery({ queryKey: ['policy', 'reveal'], queryFn: () => control(Policy) });
  const all = policy.data?.policy.purposes ?? [];
  const purposes = all.filter(
    (p) => p.roles.some((r) => roles.includes(r)) && !(p.expirationDate && new Date(p.expirationDate) < new Date()),
  );
  return { all, purposes };
}

export function PurposeField({
  purposes,
  code,
  error,
  onChange,
}: {
  purposes: Purpose[];
  code: string;
  error: string | undefined;
  onChange(code: string): void;
}) {
  const { t } = useWords();
  const purpose = purposes.find((p) => p.code === code);
  return (
    <Field
      label={t('reveal.purpose')}
      error={error}
      hint={
        purpose
          ? [
              purpose.description,
              purpose.approval && t('reveal.purpose.approval'),
              purpose.budgetPerHour !== null &&
                purpose.budgetPerHour !== undefined &&
                t('reveal.purpose.budget', { n: purpose.budgetPerHour }),
            ]
              .filter(Boolean)
              .join(' ')
          : purposes.length === 0
            ? t('reveal.purpose.noRole')
            : undefined
      }
    >
      {(props) => (
        <select {...props} value={code} onChange={(e) => onChange(e.target.value)}>
          <option value="">{t('choose')}</option>
          {purposes.map((p) => (
            <option key={p.code} value={p.code}>
              {p.code}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What the server takes as a reason. */
export const isReason = (text: string) => text.trim().length >= 10 && text.trim().length <= 1000;

export function ReasonField({
  reason,
  error,
  onChange,
}: {
  reason: string;
  error: string | undefined;
  onChange(reason: string): void;
}) {
  const { t } = useWords();
  return (
    <Field label={t('reveal.reason')} hint={t('reveal.reason.hint')} error={error}>
      {(props) => <textarea {...props} value={reason} maxLength={1000} onChange={(e) => onChange(e.target.value)} />}
    </Field>
  );
}
