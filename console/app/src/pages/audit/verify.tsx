import { RotateCw } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { graphql } from '../../gql';
import type { AuditVerificationQuery } from '../../gql/graphql';
import { asFailure, control, type Failure } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import { Button, CopyButton, Dialog, FailureNotice, Notice, Progress } from '../../ui';

const Verification = graphql(`
  query AuditVerification($after: String, $limit: Int!) {
    auditVerification(partial: true, after: $after, limit: $limit) {
      ok
      entries
      pruned
      size
      problem
      checkpoint
      next
      publicKey
    }
  }
`);

type Part = AuditVerificationQuery['auditVerification'];

/** How many entries are verified before it is said how far it is: about a quarter of a second of work. */
const limit = 20_000;

/** Verifies the record part by part. Each part says where the next one begins; the last one is about all of them. */
function useVerification() {
  const [part, setPart] = useState<Part | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [state, setState] = useState<'busy' | 'stopped' | 'done'>('busy');
  const run = useRef(0); // the present one; what others find is not shown any more

  const go = useCallback((after: string | null) => {
    const mine = ++run.current;
    const verify = async () => {
      let at = after;
      do {
        const { auditVerification: found } = await control(Verification, { after: at, limit });
        if (run.current !== mine) return;
        setPart(found);
        at = found.next ?? null;
      } while (at);
      setState('done');
    };
    setState('busy');
    setFailure(null);
    if (!after) setPart(null);
    verify().catch((error: unknown) => {
      if (run.current !== mine) return;
      setFailure(asFailure(error));
      setState('stopped');
    });
  }, []);
  const stop = useCallback(() => {
    run.current++;
    setState('stopped');
  }, []);

  useEffect(() => {
    go(null);
    return stop;
  }, [go, stop]);
  return { part, failure, state, stop, goOn: () => go(part?.next ?? null), again: () => go(null) };
}

export function Verify({ onClose }: { onClose(): void }) {
  const { t } = useWords();
  const { part, failure, state, stop, goOn, again } = useVerification();
  return (
    <Dialog
      title={t('verify.title')}
      wide
      onClose={onClose}
      footer={
        <>
          {state === 'busy' && <Button onClick={stop}>{t('verify.stop')}</Button>}
          {state === 'stopped' && <Button onClick={goOn}>{t('verify.goOn')}</Button>}
          {state === 'done' && (
            <Button onClick={again}>
              <RotateCw aria-hidden />
              {t('verify.again')}
            </Button>
          )}
          <Button kind="primary" onClick={onClose}>
            {t('close')}
          </Button>
        </>
      }
    >
      {state === 'done' && part ? <Found part={part} /> : <HowFar part={part} stopped={state === 'stopped'} />}
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}

function HowFar({ part, stopped }: { part: Part | null; stopped: boolean }) {
  const { t, number } = useWords();
  const done = part ? part.entries + part.pruned : 0;
  const label = part ? t('verify.progress', { done: number(done), all: number(part.size) }) : t('verify.busy');
  return (
    <>
      <Progress label={label} done={done} total={part?.size ?? 1} />
      {stopped && <Notice title={t('verify.stopped')}>{t('verify.stopped.lead')}</Notice>}
    </>
  );
}

function Found({ part: { ok, entries, pruned, problem, checkpoint, publicKey } }: { part: Part }) {
  const { t, many, number } = useWords();
  return (
    <>
      <Notice tone={ok ? 'good' : 'bad'} title={ok ? many('verify.ok', entries) : t('verify.bad')}>
        {ok ? pruned > 0 && t('verify.pruned', { n: number(pruned) }) : problem}
      </Notice>
      {checkpoint && <ToKeep title={t('verify.checkpoint')} text={checkpoint} hint={t('verify.checkpoint.lead')} />}
      <ToKeep title={t('verify.key')} text={publicKey} hint={t('verify.key.lead')} />
    </>
  );
}

const ToKeep = ({ title, text, hint }: { title: string; text: string; hint: string }) => (
  <div className="field">
    <div className="row between">
      <h3>{title}</h3>
      <CopyButton text={text} />
    </div>
    <pre className="code">{text}</pre>
    <p className="hint">{hint}</p>
  </div>
);
