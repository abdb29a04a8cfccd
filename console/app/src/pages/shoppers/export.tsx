import { Download } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { save } from '../../lib/save';
import { Button, Check, Dialog, FailureNotice, Notice, useAction, useToast } from '../../ui';
import { isReference, Reference } from '../erasures/reference';
import { isReason, PurposeField, ReasonField, usePurposes } from './why';

const ExportSubject = graphql(`
  mutation ExportSubject(
    $subject: ID!
    $reason: String!
    $purpose: String
    $reference: String
    $versions: Boolean!
    $record: Boolean!
  ) {
    exportSubject(
      subject: $subject
      reason: $reason
      purpose: $purpose
      reference: $reference
      versions: $versions
      record: $record
    ) {
      file
    }
  }
`);

/** Saves all that is held of a shopper as a file. Nothing of it stays in the page. */
export function Export({ subject, onClose }: { subject: string; onClose(): void }) {
  const { t } = useWords();
  const toast = useToast();
  const { all, purposes } = usePurposes();
  const [reason, setReason] = useState('');
  const [code, setCode] = useState('');
  const [reference, setReference] = useState('');
  const [versions, setVersions] = useState(true);
  const [record, setRecord] = useState(true);
  const [tried, setTried] = useState(false);
  const problems = {
    reason: isReason(reason) ? undefined : t('reveal.reason.length'),
    purpose: all.length > 0 && !purposes.some((p) => p.code === code) ? t('reveal.purpose.none') : undefined,
  };
  const ready = !problems.reason && !problems.purpose && (reference === '' || isReference(reference));
  const { run, busy, failure } = useAction(
    async () => {
      const { exportSubject } = await control(ExportSubject, {
        subject,
        reason: reason.trim(),
        purpose: code || null,
        reference: reference || null,
        versions,
        record,
      });
      save(`subject-${subject}.json`, exportSubject.file);
    },
    () => {
      toast(t('export.done'));
      onClose();
    },
  );
  return (
    <Dialog
      title={t('export.title')}
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (ready) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            <Download aria-hidden />
            {t('export.do')}
          </Button>
        </>
      }
    >
      <Notice tone="secret" title={t('reveal.promise')}>
        {t('export.lead')}
      </Notice>
      {all.length > 0 && (
        <PurposeField purposes={purposes} code={code} error={tried ? problems.purpose : undefined} onChange={setCode} />
      )}
      <ReasonField reason={reason} error={tried ? problems.reason : undefined} onChange={setReason} />
      <Reference optional value={reference} onChange={setReference} hint={t('erase.reference.hint')} />
      <div className="checks">
        <Check label={t('export.versions')} checked={versions} onChange={(e) => setVersions(e.target.checked)} />
        <Check label={t('export.record')} checked={record} onChange={(e) => setRecord(e.target.checked)} />
      </div>
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
