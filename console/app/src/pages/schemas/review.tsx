// What publishing a schema would do, and publishing it.
import { useQueryClient } from '@tanstack/react-query';
import { ListChecks, Rocket } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Comparison } from '../../editor';
import { graphql } from '../../gql';
import type { CheckSchemaQuery, SchemaMode } from '../../gql/graphql';
import { asFailure, control, type Failure, type Finding, type Problem } from '../../lib/api';
import { useWords } from '../../lib/i18n';
import type { JsonObject } from '../../lib/json';
import { usePerson } from '../../lib/session';
import { saved } from '../../lib/unsaved';
import {
  Badge,
  Button,
  Card,
  Check,
  CompositionErrors,
  Dialog,
  FailureNotice,
  Field,
  Loading,
  Notice,
  Progress,
  useAction,
  useToast,
} from '../../ui';
import { Changes, sensitivityKinds } from './changes';
import { useSdl } from './graphql';

const CheckSchema = graphql(`
  query CheckSchema($entity: String!, $schema: JSON!, $mode: SchemaMode!, $documents: Boolean!) {
    checkSchema(entity: $entity, schema: $schema, mode: $mode, documents: $documents) {
      ok
      currentVersion
      sdl
      documentsChecked
      documentsFailing
      problems {
        pointer
        keyword
        message
        fix
      }
      warnings {
        pointer
        keyword
        message
        fix
      }
      changes {
        kind
        path
        from
        to
      }
      composition
      findings {
        rule
        kind
        path
        from
        to
        message
        fix
        breaking
      }
    }
  }
`);
const CheckDocuments = graphql(`
  query CheckDocuments($entity: String!, $schema: JSON!, $mode: SchemaMode!, $after: ID) {
    checkDocuments(entity: $entity, schema: $schema, mode: $mode, after: $after) {
      checked
      failing
      next
      total
    }
  }
`);
const Publish = graphql(`
  mutation PublishSchema(
    $entity: String!
    $schema: JSON!
    $mode: SchemaMode!
    $expectedVersion: Int
    $allow: [String!]
    $note: String
  ) {
    publishSchema(
      entity: $entity
      schema: $schema
      mode: $mode
      expectedVersion: $expectedVersion
      allow: $allow
      note: $note
    ) {
      version
    }
  }
`);

export interface Upload {
  entity: string;
  /** The schema, or its text: there, names that are given twice and long numbers are what was typed. */
  schema: JsonObject | string;
  mode: SchemaMode;
}

/** What the server says of a schema without looking at documents: for editors, while it is typed. */
export async function problemsOf({ entity, schema, mode }: Upload): Promise<{ problem: Problem; serious: boolean }[]> {
  const {
    checkSchema: { problems, warnings },
  } = await control(CheckSchema, { entity, schema, mode, documents: false });
  return [
    ...problems.map((problem) => ({ problem, serious: true })),
    ...warnings.map((problem) => ({ problem, serious: false })),
  ];
}

// Beyond so many documents the rules that depend on them are told as if documents stood in the way.
const readable = 20_000;

interface Documents {
  checked: number;
  failing: number;
  total: number | null;
  done: boolean;
}

type Checked = CheckSchemaQuery['checkSchema'];

function useCheck(upload: Upload) {
  const [check, setCheck] = useState<Checked | null>(null);
  const [documents, setDocuments] = useState<Documents | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const run = useRef(0);
  const text = JSON.stringify(upload);
  // A check speaks of what was checked: a change makes it void.
  useEffect(() => {
    run.current++;
    setCheck(null);
    setDocuments(null);
    setFailure(null);
    setBusy(false);
  }, [text]);
  useEffect(
    () => () => {
      run.current++;
    },
    [],
  );

  const start = async () => {
    const mine = ++run.current;
    const current = () => run.current === mine;
    setBusy(true);
    setFailure(null);
    setDocuments(null);
    try {
      const first = (await control(CheckSchema, { ...upload, documents: false })).checkSchema;
      if (!current()) return;
      setCheck(first);
      if (first.problems.length > 0) return;
      let so: Documents = { checked: 0, failing: 0, total: null, done: false };
      for (let after: string | null = null; ;) {
        const {
          checkDocuments: page,
        }: { checkDocuments: { checked: number; failing: number; next?: string | null; total?: number | null } } =
          await control(CheckDocuments, { ...upload, after });
        if (!current()) return;
        so = {
          checked: so.checked + page.checked,
          failing: so.failing + page.failing,
          total: so.total ?? page.total ?? null,
          done: !page.next,
        };
        setDocuments(so);
        if (!page.next) break;
        after = page.next;
      }
      if (so.checked <= readable) {
        const second = (await control(CheckSchema, { ...upload, documents: true })).checkSchema;
        if (current()) setCheck(second);
      }
    } catch (error) {
      if (current()) setFailure(asFailure(error));
    } finally {
      if (current()) setBusy(false);
    }
  };
  return { check, documents, failure, busy, start };
}

/**
 * `from` is the version that a whole schema was made from: it replaces no other. `fresh` says that the entity is new,
 * so that there is something to publish where nothing changes.
 */
export function Review({
  upload,
  from,
  disabled,
  fresh = false,
}: {
  upload: Upload;
  from?: number | undefined;
  disabled?: string | undefined;
  fresh?: boolean;
}) {
  const { t, many, number } = useWords();
  const { check, documents, failure, busy, start } = useCheck(upload);
  const [publishing, setPublishing] = useState(false);
  const sdl = useSdl();
  const heading = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (check) heading.current?.scrollIntoView({ block: 'nearest' });
  }, [check !== null]);
  const breaking = check?.findings.filter((f) => f.breaking) ?? [];
  const sensitivity = check?.changes.filter((c) => sensitivityKinds.has(c.kind)) ?? [];
  const usable = check !== null && check.problems.length === 0;
  const behind = check !== null && from !== undefined && check.currentVersion !== from;
  const queries = useQueryClient();
  useEffect(() => {
    if (behind) void queries.invalidateQueries({ queryKey: ['schema', upload.entity] });
  }, [behind, queries, upload.entity]);
  const apart = check !== null && check.composition.length > 0;
  const same = !fresh && check?.changes.length === 0;
  const warnings = check !== null && check.warnings.length > 0 && (
    <Card title={t('review.warnings')}>
      <ProblemList problems={check.warnings} tone="warn" />
    </Card>
  );
  return (
    <div className="stack" ref={heading}>
      <div className="row end">
        {disabled && <span className="quiet small grow">{disabled}</span>}
        <Button
          kind={usable && !behind ? undefined : 'primary'}
          busy={busy}
          disabled={disabled !== undefined}
          onClick={() => void start()}
        >
          <ListChecks aria-hidden />
          {t('review.check')}
        </Button>
        <Button
          kind={usable && !behind ? 'primary' : undefined}
          disabled={!usable || behind || apart || busy || same}
          onClick={() => setPublishing(true)}
        >
          <Rocket aria-hidden />
          {t('review.publish')}
        </Button>
      </div>
      {failure && <FailureNotice failure={failure} retry={() => void start()} />}
      {busy && !check && <Loading>{t('review.checking')}</Loading>}
      {check && check.problems.length > 0 && (
        <Card title={t('review.problems')} lead={t('review.problems.lead')}>
          <ProblemList problems={check.problems} tone="bad" />
        </Card>
      )}
      {!usable && warnings}
      {behind && (
        <Notice tone="warn" title={t('error.VERSION_CONFLICT')}>
          {t('review.behind')}
        </Notice>
      )}
      {apart && (
        <Notice tone="bad" title={t('error.COMPOSITION_FAILED')}>
          <CompositionErrors messages={check.composition} />
          <p>{t('error.COMPOSITION_FAILED.todo')}</p>
        </Notice>
      )}
      {check && usable && (
        <>
          {(breaking.length > 0 || !(apart || behind)) && (
            <Notice
              tone={same ? 'accent' : breaking.length ? 'warn' : 'good'}
              title={
                same ? t('review.same') : breaking.length ? many('review.breaking', breaking.length) : t('review.ok')
              }
            >
              {same ? t('review.same.lead') : breaking.length ? t('review.breaking.lead') : t('review.ok.lead')}
            </Notice>
          )}
          {documents && (
            <Card title={t('review.documents')} lead={t('review.documents.lead')}>
              <Progress
                bad={documents.failing > 0}
                done={documents.checked}
                total={documents.done ? documents.checked : (documents.total ?? documents.checked * 2)}
                label={
                  documents.checked === 0 && documents.done
                    ? t('review.documents.none')
                    : t(documents.done ? 'review.documents.done' : 'review.documents.busy', {
                        checked: number(documents.checked),
                        failing: number(documents.failing),
                        total: number(documents.total ?? documents.checked),
                      })
                }
              />
            </Card>
          )}
          {sensitivity.length > 0 && (
            <Card title={t('review.sensitivity')} lead={t('review.sensitivity.lead')} flush>
              <Changes changes={sensitivity} />
            </Card>
          )}
          {check.findings.length > 0 && (
            <Card title={t('review.findings')} lead={t('review.findings.lead')} flush>
              <Findings findings={check.findings} />
            </Card>
          )}
          {warnings}
          {check.changes.length > 0 && (
            <Card title={t('review.changes')} flush>
              <Changes changes={check.changes} />
            </Card>
          )}
          {check.sdl && sdl.data && check.sdl !== sdl.data && (
            <Card title={t('review.graphql')} lead={t('review.graphql.lead')} flush>
              <Comparison
                language="graphql"
                before={sdl.data}
                after={check.sdl}
                labels={[t('review.before'), t('review.after')]}
              />
            </Card>
          )}
        </>
      )}
      {publishing && check && <PublishDialog upload={upload} check={check} onClose={() => setPublishing(false)} />}
    </div>
  );
}

const ProblemList = ({ problems, tone }: { problems: Problem[]; tone: 'bad' | 'warn' }) => (
  <ul className="stack">
    {problems.map(({ pointer, keyword, message, fix }) => (
      <li key={pointer + keyword + message}>
        <div className="row">
          <Badge tone={tone}>{keyword || 'schema'}</Badge>
          <code>{pointer || '/'}</code>
        </div>
        <p>{message}</p>
        {fix && <p className="quiet">{fix}</p>}
      </li>
    ))}
  </ul>
);

/** What a finding says, and how to mend it, in the person's language; rules of a later server in its own words. */
function useFindingWords() {
  const { find } = useWords();
  return ({ rule, kind, from, to, message, fix }: Finding) => ({
    what:
      [`finding.${rule}.${kind}`, `finding.${rule}`]
        .map((key) => find(key, { from: from ?? '', to: to ?? '' }))
        .find((text) => text !== undefined) ?? message,
    mend: find(`finding.${rule}.mend`) ?? fix,
  });
}

function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useWords();
  const words = useFindingWords();
  return (
    <div className="table-wrap">
      <table className="fold">
        <thead>
          <tr>
            <th>{t('review.rule')}</th>
            <th>{t('schema.field')}</th>
            <th>{t('review.what')}</th>
            <th>{t('review.mend')}</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((finding) => {
            const { rule, path, message, breaking } = finding;
            const { what, mend } = words(finding);
            return (
              <tr key={rule + path + message}>
                <td data-label={t('review.rule')}>
                  <Badge tone={breaking ? 'bad' : undefined}>{rule}</Badge>
                </td>
                <td data-label={t('schema.field')}>
                  <code>{path || '—'}</code>
                </td>
                <td data-label={t('review.what')}>{what}</td>
                <td data-label={t('review.mend')}>{mend}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function PublishDialog({ upload, check, onClose }: { upload: Upload; check: Checked; onClose(): void }) {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [note, setNote] = useState('');
  const { allow, boxes, missing } = useAllow(check.findings);
  const { run, busy, failure } = useAction(
    () => control(Publish, { ...upload, expectedVersion: check.currentVersion, allow, note: note.trim() || null }),
    ({ publishSchema: { version } }) => {
      toast(t('publish.done', { entity: upload.entity, version }));
      for (const queryKey of [['schema'], ['schemas'], ['sdl'], ['model'], ['documents'], ['document'], ['history']])
        void queries.invalidateQueries({ queryKey });
      onClose();
      saved();
      go(`/schemas/${upload.entity}`);
    },
  );
  const conflict = failure?.code === 'VERSION_CONFLICT';
  useEffect(() => {
    if (conflict) void queries.invalidateQueries({ queryKey: ['schema', upload.entity] });
  }, [conflict, queries, upload.entity]);
  return (
    <Dialog
      title={t('publish.title', { entity: upload.entity })}
      onClose={onClose}
      onSubmit={() => {
        if (!missing) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind={allow.length ? 'danger primary' : 'primary'} type="submit" busy={busy} disabled={missing}>
            <Rocket aria-hidden />
            {t('publish.do')}
          </Button>
        </>
      }
    >
      <p>{t('publish.lead')}</p>
      {boxes}
      <Field label={t('publish.note')} hint={t('publish.note.hint')} optional>
        {(props) => <textarea {...props} value={note} maxLength={1000} onChange={(e) => setNote(e.target.value)} />}
      </Field>
      {conflict ? (
        <Notice tone="bad" title={t('error.VERSION_CONFLICT')}>
          {t('publish.behind')}
        </Notice>
      ) : (
        failure && <FailureNotice failure={failure} />
      )}
    </Dialog>
  );
}

/** Boxes to allow each rule that is broken, by name; `missing` until all are ticked. */
export function useAllow(findings: Finding[]) {
  const { t } = useWords();
  const words = useFindingWords();
  const { may } = usePerson();
  const [allowed, setAllowed] = useState<string[]>([]);
  const rules = [...new Set(findings.filter((f) => f.breaking).map((f) => f.rule))];
  const allow = rules.filter((r) => allowed.includes(r));
  const guarded =
    rules.some((r) => ['SENSITIVITY_NO_LOWER', 'EXTRA_NO_DISCLOSE', 'MASK_NO_WEAKEN'].includes(r)) &&
    !may('SENSITIVITY');
  const boxes = rules.length > 0 && (
    <fieldset>
      <legend>{t('publish.allow')}</legend>
      <div className="stack tight">
        {rules.map((rule) => (
          <Check
            key={rule}
            checked={allowed.includes(rule)}
            disabled={rule === 'OWNERSHIP_NO_ORPHAN'}
            onChange={(e) => setAllowed(e.target.checked ? [...allowed, rule] : allowed.filter((r) => r !== rule))}
            label={<code>{rule}</code>}
            hint={findings
              .filter((f) => f.rule === rule)
              .map((f) => [f.path, words(f).what].filter(Boolean).join(': '))
              .join('; ')}
          />
        ))}
        {guarded && (
          <Notice tone="warn" title={t('publish.sensitivity')}>
            {t('publish.sensitivity.lead')}
          </Notice>
        )}
      </div>
    </fieldset>
  );
  return { allow, boxes, missing: allow.length < rules.length || guarded };
}
