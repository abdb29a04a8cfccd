import { useQuery } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { graphql } from '../../gql';
import { control } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { Await, Button, CopyButton, Dialog, Loading, Notice } from '../../ui';

const Verification = graphql(`
  query AuditVerification {
    auditVerification {
      ok
      entries
      pruned
      problem
      checkpoint
      publicKey
    }
  }
`);

export function Verify({ onClose }: { onClose(): void }) {
  const { t, many, number } = useWords();
  const query = useQuery({
    queryKey: ['audit', 'verification'],
    queryFn: async () => (await control(Verification)).auditVerification,
    gcTime: 0,
    staleTime: 0,
  });
  return (
    <Dialog
      title={t('verify.title')}
      wide
      onClose={onClose}
      footer={
        <>
          <Button busy={query.isFetching} onClick={() => void query.refetch()}>
            <RotateCw aria-hidden />
            {t('verify.again')}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {t('close')}
          </Button>
        </>
      }
    >
      {query.isFetching ? (
        <Loading>{t('verify.busy')}</Loading>
      ) : (
        <Await query={query}>
          {({ ok, entries, pruned, problem, checkpoint, publicKey }) => (
            <>
              <Notice tone={ok ? 'good' : 'bad'} title={ok ? many('verify.ok', entries) : t('verify.bad')}>
                {ok ? pruned > 0 && t('verify.pruned', { n: number(pruned) }) : problem}
              </Notice>
              {checkpoint && (
                <div className="field">
                  <div className="row between">
                    <h3>{t('verify.checkpoint')}</h3>
                    <CopyButton text={checkpoint} />
                  </div>
                  <pre className="code">{checkpoint}</pre>
                  <p className="hint">{t('verify.checkpoint.lead')}</p>
                </div>
              )}
              <div className="field">
                <div className="row between">
                  <h3>{t('verify.key')}</h3>
                  <CopyButton text={publicKey} />
                </div>
                <pre className="code">{publicKey}</pre>
                <p className="hint">{t('verify.key.lead')}</p>
              </div>
            </>
          )}
        </Await>
      )}
    </Dialog>
  );
}
