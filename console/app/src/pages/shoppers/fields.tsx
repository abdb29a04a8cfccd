import { useState } from 'react';
import type { Doc } from '../../data/documents';
import type { Entity } from '../../data/model';
import { useWords } from '../../lib/i18n';
import { spokenPath } from '../../lib/names';
import { Button, Card } from '../../ui';
import { RevealButton, RevealedNotice, useRevealed } from './reveal';
import { rowsOf, Value } from './values';

/** The fields of a document, masked, with the button that shows chosen ones in clear. */
export function Fields({
  entity,
  doc,
  subject,
  title,
  version,
  actions,
}: {
  entity: Entity;
  doc: Doc;
  subject: string;
  title: string;
  version?: string;
  actions?: React.ReactNode;
}) {
  const { t, many } = useWords();
  const { revealed, receipt, show, hide } = useRevealed();
  const [all, setAll] = useState(false);
  const rows = rowsOf(entity, doc, revealed ?? undefined);
  const filled = rows.filter((r) => r.value !== null || r.masked || r.clear);
  const hidden = rows.length - filled.length;
  return (
    <Card
      title={title}
      flush
      actions={
        <>
          {actions}
          <RevealButton
            entity={entity}
            id={doc.id}
            version={version}
            subject={subject}
            masked={doc.meta.masked}
            onShow={show}
          />
        </>
      }
    >
      <div className="body stack">
        <RevealedNotice revealed={revealed} receipt={receipt} hide={hide} />
        <dl className="facts">
          {(all ? rows : filled).map(({ path, field, value, masked, clear }) => [
            <dt key={path} title={field.description ?? undefined}>
              {spokenPath(path)}
            </dt>,
            <dd key={`${path}=`}>
              <Value value={value} masked={masked} clear={clear} />
            </dd>,
          ])}
        </dl>
        {filled.length === 0 && !all && <p className="quiet">{t('doc.nothing')}</p>}
        {hidden > 0 && (
          <div>
            <Button kind="plain" small onClick={() => setAll(!all)} aria-expanded={all}>
              {all ? t('doc.hideEmpty') : many('doc.showEmpty', hidden)}
            </Button>
          </div>
        )}
      </div>
    </Card>
  );
}
