import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { Danger } from '../../ui';
import { isReference, Reference } from './reference';

const EraseSubject = graphql(`
  mutation EraseSubject($subject: ID!, $reference: String) {
    eraseSubject(subject: $subject, reference: $reference) {
      subject
    }
  }
`);

/** Erases a shopper, and goes to where it says what was done. */
export function Erase({ subject, onClose }: { subject: string; onClose(): void }) {
  const { t } = useWords();
  const [, go] = useLocation();
  const queries = useQueryClient();
  const [reference, setReference] = useState('');
  return (
    <Danger
      title={t('erase.title')}
      name={subject.slice(-12)}
      action={t('erase.do')}
      ready={reference === '' || isReference(reference)}
      onClose={onClose}
      run={async () => {
        await control(EraseSubject, { subject, reference: reference || null });
        go(`/erasures/${subject}`, { replace: true });
        // Nothing of the shopper stays in the memory of the page.
        queries.removeQueries({ queryKey: ['document'] });
        for (const list of ['documents', 'erasures']) void queries.invalidateQueries({ queryKey: [list] });
      }}
    >
      <div className="stack tight">
        <p>{t('erase.lead')}</p>
        <ul className="points">
          <li>{t('erase.key')}</li>
          <li>{t('erase.documents')}</li>
          <li>{t('erase.apiKeys')}</li>
          <li>{t('erase.record')}</li>
        </ul>
        <p>{t('erase.final')}</p>
        <Reference optional value={reference} onChange={setReference} hint={t('erase.reference.hint')} />
      </div>
    </Danger>
  );
}
