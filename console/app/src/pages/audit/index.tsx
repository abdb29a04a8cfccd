import { Download, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../lib/i18n';
import { Button, Page } from '../../ui';
import { Filters } from './filters';
import { useFilter } from './query';
import { TimeLine } from './time-line';
import { Verify } from './verify';

export default function Audit() {
  const { t } = useWords();
  const [filter, setFilter] = useFilter();
  const [verifying, setVerifying] = useState(false);
  return (
    <Page
      title={t('audit.title')}
      lead={t('audit.lead')}
      actions={
        <>
          <Button onClick={() => setVerifying(true)}>
            <ShieldCheck aria-hidden />
            {t('audit.verify')}
          </Button>
          <a className="button" href="/audit/export" download="audit.ndjson">
            <Download aria-hidden />
            {t('audit.export')}
          </a>
        </>
      }
    >
      {verifying && <Verify onClose={() => setVerifying(false)} />}
      <Filters key={JSON.stringify(filter)} filter={filter} onChange={setFilter} />
      <TimeLine filter={filter} onFilter={setFilter} />
    </Page>
  );
}
