// Values in clear. They are in this component's state and nowhere else, for a minute at most, and only while the
// page is looked at.
import { Eye, EyeOff } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { graphql } from '../../gql';
import { reveal, type Disclosure } from '../../data/documents';
import type { Entity } from '../../data/model';
import { control, type Failure, type Receipt } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import type { JsonObject } from '../../lib/json';
import { spokenPath } from '../../lib/names';
import { usePerson, useSession } from '../../lib/session';
import { Button, Check, CopyButton, Dialog, FailureNotice, Field, Notice, useAction } from '../../ui';
import { isReason, PurposeField, ReasonField, usePurposes, type Purpose } from './why';

const seconds = 60;

export interface Revealed {
  values: JsonObject;
  paths: string[];
  until: number;
  receipt: Receipt | undefined;
}

/** What of a document is in clear just now. */
export function useRevealed() {
  const [revealed, setRevealed] = useState<Revealed | null>(null);
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const { state } = useSession();
  const hide = useCallback(() => setRevealed(null), []);
  const show = useCallback(({ values, masked, audit }: Disclosure, asked: string[]) => {
    const paths = asked.filter((p) => !masked.includes(p));
    setReceipt(audit ?? null);
    if (paths.length > 0) setRevealed({ values, paths, until: Date.now() + seconds * 1000, receipt: audit });
  }, []);
  useEffect(() => {
    if (state.kind !== 'open') hide();
  }, [state.kind, hide]);
  useEffect(() => {
    if (!revealed) return undefined;
    const timer = setTimeout(hide, Math.max(0, revealed.until - Date.now()));
    const leave = () => {
      if (document.hidden) hide();
    };
    document.addEventListener('visibilitychange', leave);
    window.addEventListener('pagehide', hide);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', leave);
      window.removeEventListener('pagehide', hide);
    };
  }, [revealed, hide]);
  return { revealed, receipt, show, hide };
}

/** Says that values are in clear, for how long, and that it is on the record; after that, the receipt. */
export function RevealedNotice({
  revealed,
  receipt,
  hide,
}: {
  revealed: Revealed | null;
  receipt: Receipt | null;
  hide(): void;
}) {
  const { t } = useWords();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!revealed) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [revealed]);
  if (!revealed && !receipt) return null;
  const entries = receipt?.entries.join(', ') ?? '';
  return (
    <Notice
      tone="secret"
      title={
        revealed
          ? t('reveal.open', { seconds: Math.max(1, Math.ceil((revealed.until - now) / 1000)) })
          : t('reveal.hidden')
      }
    >
      <p>{t('reveal.recorded', { entries })}</p>
      <div className="row">
        {revealed && (
          <Button small onClick={hide}>
            <EyeOff aria-hidden />
            {t('reveal.hide')}
          </Button>
        )}
        {receipt && (
          <details className="receipt">
            <summary>{t('reveal.receipt')}</summary>
            <div className="row between">
              <p className="small quiet grow">{t('reveal.receipt.lead')}</p>
              <CopyButton text={receipt.checkpoint} />
            </div>
            <pre className="code">{receipt.checkpoint}</pre>
          </details>
        )}
      </div>
    </Notice>
  );
}

const Ask = graphql(`
  mutation AskForApproval($purpose: String!, $subject: ID!, $reason: String!) {
    requestApproval(purpose: $purpose, subject: $subject, reason: $reason) {
      id
    }
  }
`);

const covers = (purpose: Purpose | undefined, entity: Entity, path: string) =>
  !purpose ||
  purpose.fields.some(
    (f) =>
      f === '*' ||
      f === `${entity.name}.*` ||
      `${entity.name}.${path}` === f ||
      `${entity.name}.${path}`.startsWith(`${f}.`),
  );

export function RevealButton({
  entity,
  id,
  version,
  subject,
  masked,
  onShow,
}: {
  entity: Entity;
  id: string;
  version?: string | undefined;
  subject: string;
  masked: string[];
  onShow(disclosure: Disclosure, asked: string[]): void;
}) {
  const { t } = useWords();
  const { may } = usePerson();
  const [open, setOpen] = useState(false);
  if (!may('UNMASK') || masked.length === 0) return null;
  return (
    <>
      <Button small onClick={() => setOpen(true)}>
        <Eye aria-hidden />
        {t('reveal')}
      </Button>
      {open && (
        <RevealDialog
          entity={entity}
          id={id}
          version={version}
          subject={subject}
          masked={masked}
          onClose={() => setOpen(false)}
          onShow={(d, asked) => {
            setOpen(false);
            onShow(d, asked);
          }}
        />
      )}
    </>
  );
}

function RevealDialog({
  entity,
  id,
  version,
  subject,
  masked,
  onClose,
  onShow,
}: {
  entity: Entity;
  id: string;
  version: string | undefined;
  subject: string;
  masked: string[];
  onClose(): void;
  onShow(disclosure: Disclosure, asked: string[]): void;
}) {
  const { t } = useWords();
  const { all, purposes } = usePurposes();
  const [chosen, setChosen] = useState<string[]>([]);
  const [reason, setReason] = useState('');
  const [code, setCode] = useState('');
  const [onBehalfOf, setOnBehalfOf] = useState('');
  const [tried, setTried] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const purpose = purposes.find((p) => p.code === code);
  const asked = chosen.filter((path) => covers(purpose, entity, path));
  const problems = {
    fields: asked.length === 0 ? t('reveal.fields.none') : undefined,
    reason: isReason(reason) ? undefined : t('reveal.reason.length'),
    purpose: all.length > 0 && !purpose ? t('reveal.purpose.none') : undefined,
  };
  const show = useAction(
    async () =>
      reveal(entity, id, version, asked, {
        reason: reason.trim(),
        ...(purpose && { purpose: purpose.code }),
        ...(onBehalfOf.trim() && { onBehalfOf: onBehalfOf.trim() }),
      }),
    (disclosure) => {
      if (disclosure.refusal) setRefusal(disclosure.refusal);
      else onShow(disclosure, asked);
    },
  );
  const [askedFor, setAskedFor] = useState(false);
  const ask = useAction(
    () => control(Ask, { purpose: code, subject, reason: reason.trim() }),
    () => setAskedFor(true),
  );
  const submit = () => {
    setTried(true);
    setRefusal(null);
    if (!Object.values(problems).some(Boolean)) show.run();
  };
  return (
    <Dialog
      title={t('reveal.title')}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={show.busy}>
            <Eye aria-hidden />
            {t('reveal.do')}
          </Button>
        </>
      }
    >
      <Notice tone="secret" title={t('reveal.promise')}>
        {t('reveal.promise.lead')}
      </Notice>
      {all.length > 0 && (
        <PurposeField purposes={purposes} code={code} error={tried ? problems.purpose : undefined} onChange={setCode} />
      )}
      <fieldset>
        <legend>{t('reveal.fields')}</legend>
        <div className="checks">
          {masked.map((path) => (
            <Check
              key={path}
              label={spokenPath(path)}
              checked={asked.includes(path)}
              disabled={!covers(purpose, entity, path)}
              onChange={(e) => setChosen(e.target.checked ? [...chosen, path] : chosen.filter((c) => c !== path))}
            />
          ))}
        </div>
        {tried && problems.fields && (
          <p className="field">
            <span className="error">{problems.fields}</span>
          </p>
        )}
      </fieldset>
      <ReasonField reason={reason} error={tried ? problems.reason : undefined} onChange={setReason} />
      <Field label={t('reveal.onBehalfOf')} hint={t('reveal.onBehalfOf.hint')} optional>
        {(props) => (
          <input {...props} value={onBehalfOf} maxLength={200} onChange={(e) => setOnBehalfOf(e.target.value)} />
        )}
      </Field>
      {(refusal ?? show.failure) && <FailureNotice failure={(refusal ?? show.failure) as Failure} />}
      {refusal?.code === 'APPROVAL_MISSING' &&
        (askedFor ? (
          <Notice tone="good" title={t('reveal.asked')}>
            {t('reveal.asked.lead')}
          </Notice>
        ) : (
          <div className="row">
            <Button busy={ask.busy} onClick={() => ask.run()}>
              {t('reveal.ask')}
            </Button>
          </div>
        ))}
      {ask.failure && <FailureNotice failure={ask.failure} />}
    </Dialog>
  );
}
