import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Eye, Network, Plus, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Reader } from '../editor';
import { graphql } from '../gql';
import type { SubgraphsQuery } from '../gql/graphql';
import { control, send } from '../lib/api';
import { useWords } from '../lib/i18n';
import {
  Await,
  Button,
  Card,
  Check,
  CopyButton,
  Danger,
  Dialog,
  Empty,
  FailureNotice,
  Field,
  Moment,
  Page,
  Segments,
  Table,
  useAction,
  useToast,
} from '../ui';

const Subgraphs = graphql(`
  query Subgraphs {
    subgraphs {
      name
      url
      sdl
      author
      lastUpdate
    }
  }
`);
const PutSubgraph = graphql(`
  mutation PutSubgraph($name: String!, $url: String!, $sdl: String!, $check: Boolean!) {
    putSubgraph(name: $name, url: $url, sdl: $sdl, check: $check) {
      name
    }
  }
`);
const RemoveSubgraph = graphql(`
  mutation RemoveSubgraph($name: String!) {
    removeSubgraph(name: $name)
  }
`);

type Subgraph = SubgraphsQuery['subgraphs'][number];

/** The federated graph that the account is part of: the other subgraphs, which its schemas must compose with, and its own. */
export default function Federation() {
  const { t } = useWords();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['subgraphs'], queryFn: () => control(Subgraphs) });
  const [putting, setPutting] = useState<Subgraph | 'new' | null>(null);
  const [reading, setReading] = useState<Subgraph | null>(null);
  const [removing, setRemoving] = useState<Subgraph | null>(null);
  const add = (
    <Button kind="primary" onClick={() => setPutting('new')}>
      <Plus aria-hidden />
      {t('federation.new')}
    </Button>
  );
  return (
    <Page title={t('federation.title')} lead={t('federation.lead')} actions={add}>
      <Card title={t('federation.others')} lead={t('federation.others.lead')} flush>
        <Await query={query}>
          {({ subgraphs }) =>
            subgraphs.length === 0 ? (
              <Empty icon={Network} title={t('federation.none')}>
                {t('federation.none.todo')}
              </Empty>
            ) : (
              <Table
                rows={subgraphs}
                id={({ name }) => name}
                columns={[
                  [
                    t('federation.name'),
                    ({ name, url }) => (
                      <>
                        <strong>{name}</strong>
                        <span className="sub">
                          <code>{url}</code>
                        </span>
                      </>
                    ),
                  ],
                  [t('doc.updated'), ({ lastUpdate }) => <Moment at={lastUpdate} />],
                  [t('doc.author'), ({ author }) => <code>{author}</code>],
                ]}
                actions={(subgraph) => (
                  <>
                    <Button small onClick={() => setReading(subgraph)}>
                      <Eye aria-hidden />
                      {t('federation.read')}
                    </Button>
                    <Button small onClick={() => setPutting(subgraph)}>
                      <RefreshCw aria-hidden />
                      {t('federation.replace')}
                    </Button>
                    <Button small kind="danger" onClick={() => setRemoving(subgraph)}>
                      <Trash2 aria-hidden />
                      {t('federation.remove')}
                    </Button>
                  </>
                )}
              />
            )
          }
        </Await>
      </Card>
      <OwnSubgraph />
      {putting && <PutDialog before={putting === 'new' ? undefined : putting} onClose={() => setPutting(null)} />}
      {reading && (
        <Dialog
          title={reading.name}
          wide
          onClose={() => setReading(null)}
          footer={
            <Button kind="primary" onClick={() => setReading(null)}>
              {t('close')}
            </Button>
          }
        >
          <Reader label={reading.name} language="graphql" text={reading.sdl} />
        </Dialog>
      )}
      {removing && (
        <Danger
          title={t('federation.remove.title')}
          name={removing.name}
          action={t('federation.remove')}
          done={t('federation.removed', { name: removing.name })}
          onClose={() => setRemoving(null)}
          run={async () => {
            await control(RemoveSubgraph, { name: removing.name });
            await queries.invalidateQueries({ queryKey: ['subgraphs'] });
          }}
        >
          <p>{t('federation.remove.lead')}</p>
        </Danger>
      )}
    </Page>
  );
}

/** The account's own part, as composers take it. */
function OwnSubgraph() {
  const { t } = useWords();
  const [variant, setVariant] = useState<'federation' | 'public'>('federation');
  const query = useQuery({
    queryKey: ['sdl', variant],
    queryFn: async () => (await send(`/sdl?variant=${variant}`)).text(),
  });
  return (
    <Card
      title={t('federation.own')}
      lead={t(`federation.own.${variant}.lead`)}
      flush
      actions={
        <>
          <Segments<'federation' | 'public'>
            label={t('federation.own.which')}
            value={variant}
            onChange={setVariant}
            options={[
              ['federation', t('federation.own.federation')],
              ['public', t('federation.own.public')],
            ]}
          />
          {query.data && <CopyButton text={query.data} />}
        </>
      }
    >
      <Await query={query}>{(sdl) => <Reader label={t('federation.own')} language="graphql" text={sdl} />}</Await>
    </Card>
  );
}

function PutDialog({ before, onClose }: { before: Subgraph | undefined; onClose(): void }) {
  const { t } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(before?.name ?? '');
  const [url, setUrl] = useState(before?.url ?? '');
  const [sdl, setSdl] = useState(before?.sdl ?? '');
  const [check, setCheck] = useState(true);
  const nameRight = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name);
  const ready = nameRight && url.trim() !== '' && sdl.trim() !== '';
  const { run, busy, failure } = useAction(
    () => control(PutSubgraph, { name, url: url.trim(), sdl, check }),
    () => {
      toast(t('federation.put', { name }));
      void queries.invalidateQueries({ queryKey: ['subgraphs'] });
      onClose();
    },
  );
  return (
    <Dialog
      title={before ? t('federation.replace.title', { name: before.name }) : t('federation.new')}
      wide
      onClose={onClose}
      onSubmit={() => {
        if (ready) run();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={busy} disabled={!ready}>
            {t('federation.register')}
          </Button>
        </>
      }
    >
      <div className="form columns">
        <Field label={t('federation.name')} error={name && !nameRight ? t('federation.name.problem') : undefined}>
          {(props) => (
            <input
              {...props}
              value={name}
              readOnly={before !== undefined}
              autoComplete="off"
              spellCheck={false}
              placeholder="orders"
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label={t('federation.url')} hint={t('federation.url.hint')}>
          {(props) => (
            <input
              {...props}
              type="url"
              value={url}
              autoComplete="off"
              spellCheck={false}
              placeholder="https://"
              onChange={(e) => setUrl(e.target.value)}
            />
          )}
        </Field>
      </div>
      <Field label={t('federation.sdl')} hint={t('federation.sdl.hint')}>
        {(props) => (
          <textarea
            {...props}
            className="source"
            rows={12}
            value={sdl}
            spellCheck={false}
            onChange={(e) => setSdl(e.target.value)}
          />
        )}
      </Field>
      <Check
        label={t('federation.check')}
        hint={t('federation.check.hint')}
        checked={check}
        onChange={(e) => setCheck(e.target.checked)}
      />
      {failure && <FailureNotice failure={failure} />}
    </Dialog>
  );
}
