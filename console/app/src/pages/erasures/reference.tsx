import { useWords } from '../../lib/i18n';
import { Field } from '../../ui';

/** What the server takes as the number of a request or of a matter. */
export const isReference = (text: string) => /^[A-Za-z0-9._/#:-]{1,64}$/.test(text);

/** Asks for a number that stays on the record as it is. */
export function Reference({
  value,
  onChange,
  hint,
  optional = false,
}: {
  value: string;
  onChange(value: string): void;
  hint: string;
  optional?: boolean;
}) {
  const { t } = useWords();
  return (
    <Field
      label={t('reference')}
      hint={hint}
      optional={optional}
      error={value && !isReference(value) ? t('reference.problem') : undefined}
    >
      {(props) => (
        <input
          {...props}
          value={value}
          autoComplete="off"
          spellCheck={false}
          onChange={(e) => onChange(e.target.value.trim())}
        />
      )}
    </Field>
  );
}
