// The playground page: a top bar that connects to the server, and GraphiQL once it has.
import { useCallback, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import './page.css';
import './graphiql.css';
import { introspect, planes, send, viewer } from './transport.js';
import { Workbench } from './workbench.jsx';

const missing = { kind: 'missing' };

function Page() {
  const [plane, setPlane] = useState('data');
  const [key, setKey] = useState(''); // lives in this variable only, and goes when the page does
  const [schemas, setSchemas] = useState({});
  const [state, setState] = useState(missing);
  const [reloads, setReloads] = useState(0);
  const [actionsSlot, setActionsSlot] = useState(null);
  const tabs = useRef({});

  const connect = useCallback((entered) => {
    if (!entered) tabs.current = {}; // forgetting the key forgets the queries
    setSchemas({});
    setKey(entered);
    setReloads((n) => n + 1);
  }, []);
  const reload = useCallback(() => setReloads((n) => n + 1), []);
  const run = useCallback(async (operation) => {
    try {
      return await send(plane, key, operation);
    } catch (failure) {
      if (failure.refused) setState({ kind: 'refused', words: failure.message });
      throw failure;
    }
  }, [plane, key]);

  useEffect(() => {
    if (!key) {
      setState(missing);
      return undefined;
    }
    const abort = new AbortController();
    setState({ kind: 'busy' });
    Promise.all([introspect(plane, key, abort.signal), viewer(key, abort.signal)]).then(
      ([schema, who]) => {
        setSchemas((all) => ({ ...all, [plane]: schema }));
        setState({ kind: 'connected', who });
      },
      (failure) => {
        if (!abort.signal.aborted) setState({ kind: failure.refused ? 'refused' : 'failed', words: failure.message });
      },
    );
    return () => abort.abort();
  }, [plane, key, reloads]);

  // GraphiQL's own shortcut for this does nothing where the page provides the schema.
  useEffect(() => {
    const onKey = (event) => {
      if (!event.ctrlKey || !event.shiftKey || event.key.toUpperCase() !== 'R' || !key) return;
      event.preventDefault();
      reload();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [key, reload]);

  const schema = schemas[plane];
  return (
    <>
      <header className="bar">
        <h1><Mark />profilegraph</h1>
        <PlaneSwitch plane={plane} onSwitch={setPlane} />
        <KeyForm connected={key !== ''} onConnect={connect} />
        <StateLine state={state} />
        <div className="actions">
          <span ref={setActionsSlot} />
          <button type="button" className="action reload" aria-label="Reload schema" disabled={!key || state.kind === 'busy'} onClick={reload}>Reload<span> schema</span></button>
        </div>
      </header>
      {schema && state.words && <p role="alert" className="banner">{state.words}</p>}
      <main>
        {schema && actionsSlot
          ? <Workbench key={plane} plane={plane} send={run} schema={schema} tabs={tabs.current} actionsSlot={actionsSlot} />
          : <Welcome state={state} plane={plane} />}
      </main>
    </>
  );
}

function PlaneSwitch({ plane, onSwitch }) {
  return (
    <fieldset className="planes">
      <legend>API</legend>
      {Object.entries(planes).map(([id, { label, path }]) => (
        <label key={id} title={path}>
          <input type="radio" name="plane" value={id} checked={plane === id} onChange={() => onSwitch(id)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

function KeyForm({ connected, onConnect }) {
  const [draft, setDraft] = useState('');
  const [sent, setSent] = useState('');
  const submit = (entered) => {
    setDraft(entered);
    setSent(entered);
    onConnect(entered);
  };
  const forget = connected && draft.trim() === sent;
  return (
    <form
      className="key"
      onSubmit={(event) => {
        event.preventDefault();
        submit(forget ? '' : draft.trim());
      }}
    >
      <label htmlFor="api-key">API key</label>
      <input
        id="api-key"
        type="password"
        placeholder="pg_…"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        data-1p-ignore=""
        data-lpignore="true"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onPaste={(event) => {
          event.preventDefault();
          submit(event.clipboardData.getData('text').trim());
        }}
      />
      <button type="submit" className="action" disabled={!draft}>{forget ? 'Forget' : 'Connect'}</button>
    </form>
  );
}

function StateLine({ state }) {
  const words = {
    missing: 'Credential missing',
    busy: 'Connecting…',
    connected: 'Connected',
    refused: 'Refused',
    failed: 'Not connected',
  }[state.kind];
  const account = state.who?.account;
  return (
    <p className={`state ${state.kind}`} role="status" title={state.words}>
      {words}
      {account && <> as <b>{account.id}</b><span className="actor"> ({state.who.actor})</span></>}
    </p>
  );
}

function Welcome({ state, plane }) {
  if (state.kind === 'busy' || state.kind === 'connected') return <div className="welcome" aria-busy="true"><p>Reading the schema…</p></div>;
  const problem = state.kind !== 'missing';
  return (
    <div className="welcome">
      <section className="card">
        <Mark />
        <h2>{{ missing: 'Paste an API key to begin', refused: 'The key was refused' }[state.kind] ?? 'No connection'}</h2>
        {problem && <p role="alert" className="problem">{state.words}</p>}
        <p>
          The server printed one when it first started, on standard output. It begins with <code>pg_</code>.
          {' '}Paste it into the field <label htmlFor="api-key">API key</label> above.
        </p>
        <dl>
          <dt className={plane === 'data' ? 'here' : undefined}>Data <code>{planes.data.path}</code></dt>
          <dd>Your account’s own types: profiles and everything that belongs to them, masked unless you may see more.</dd>
          <dt className={plane === 'control' ? 'here' : undefined}>Control <code>{planes.control.path}</code></dt>
          <dd>The schemas behind those types, accounts and API keys. Publish a schema here and reload the data plane.</dd>
        </dl>
        <p className="fine">The key and your queries stay in this page’s memory. Closing the page forgets them.</p>
      </section>
    </div>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect className="tile" width="32" height="32" rx="8" />
      <circle cx="16" cy="11.5" r="4.5" />
      <path d="M7.5 25.5c.6-5.2 4-8 8.5-8s7.9 2.8 8.5 8z" />
      <path className="stripe" d="M5 20.5h22" />
    </svg>
  );
}

createRoot(document.getElementById('app')).render(<Page />);
