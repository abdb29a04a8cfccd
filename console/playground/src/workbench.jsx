// GraphiQL over one plane, and the actions that the top bar shows for it.
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { DropdownMenu, GraphiQLProvider, useEditorContext } from '@graphiql/react';
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from '@graphiql/plugin-doc-explorer';
import { Kind, parse } from 'graphql';
import { Fragment, useEffect, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { starters } from './starters.js';

const plugins = [DOC_EXPLORER_PLUGIN];

/**
 * Edits and runs operations of one plane, which `send` takes to the server. `tabs` is a mutable record in which the open tabs are kept
 * while another plane is shown: in memory only, since queries may hold personal data. For the same
 * reason GraphiQL gets no storage and no history.
 */
export function Workbench({ plane, send, schema, tabs, actionsSlot, theme = 'system' }) {
  const offers = useMemo(() => starters(plane, schema), [plane, schema]);
  const [initial] = useState(() => tabs[plane] ?? { open: [offers[0] ?? { query: '' }], active: 0 });
  const fetcher = useMemo(() => async (operation) => {
    try {
      return await send({ ...operation, operationName: chosen(operation) });
    } catch (failure) {
      return { errors: [{ message: failure.message }] };
    }
  }, [send]);

  return (
    <GraphiQLProvider
      fetcher={fetcher}
      schema={schema}
      storage={null}
      shouldPersistHeaders={false}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultTabs={initial.open}
      variables={initial.open[0].variables ?? ''}
      onTabChange={({ tabs: open, activeTabIndex }) => {
        tabs[plane] = { open: open.map(({ query, variables }) => ({ query, variables })), active: activeTabIndex };
      }}
    >
      <DocExplorerContextProvider>
        <GraphiQLInterface
          forcedTheme={theme}
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo><span /></GraphiQL.Logo>
        </GraphiQLInterface>
        <ReturnToTab index={initial.active} />
        <Measure />
        <Name />
        {createPortal(<Starters offers={offers} />, actionsSlot)}
      </DocExplorerContextProvider>
    </GraphiQLProvider>
  );
}

// chosen is the name of the operation to run, where there are several to choose from. GraphiQL's own
// value lags a moment behind the editor, and would name an operation that was just overwritten.
function chosen({ query, operationName }) {
  try {
    return parse(query).definitions.filter((d) => d.kind === Kind.OPERATION_DEFINITION).length > 1 ? operationName : undefined;
  } catch {
    return undefined; // the server says what is wrong with it
  }
}

// ReturnToTab selects the tab that was open when the plane was last shown, once the editors exist.
function ReturnToTab({ index }) {
  const { queryEditor, variableEditor, responseEditor, changeTab } = useEditorContext({ nonNull: true });
  const done = useRef(index === 0);
  useEffect(() => {
    if (done.current || !queryEditor || !variableEditor || !responseEditor) return;
    done.current = true;
    changeTab(index);
  }, [queryEditor, variableEditor, responseEditor, changeTab, index]);
  return null;
}

// Measure has the editors measure text again when the page's fonts are there: they do it once, when they are made.
function Measure() {
  const { queryEditor, variableEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    const editors = [queryEditor, variableEditor, responseEditor].filter(Boolean);
    if (editors.length < 3) return undefined;
    const measure = () => editors.forEach((editor) => editor.refresh());
    const timer = setTimeout(measure);
    document.fonts.addEventListener('loadingdone', measure);
    return () => {
      clearTimeout(timer);
      document.fonts.removeEventListener('loadingdone', measure);
    };
  }, [queryEditor, variableEditor, responseEditor]);
  return null;
}

// Name tells people who do not see the page which editor they are in.
function Name() {
  const { queryEditor, variableEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    const editors = { Query: queryEditor, Variables: variableEditor, Response: responseEditor };
    for (const [name, editor] of Object.entries(editors)) editor?.getInputField().setAttribute('aria-label', name);
  }, [queryEditor, variableEditor, responseEditor]);
  return null;
}

function Starters({ offers }) {
  const { queryEditor, variableEditor, addTab } = useEditorContext({ nonNull: true });
  const [opening, setOpening] = useState(null);
  useEffect(() => {
    if (!opening || !queryEditor) return;
    queryEditor.setValue(opening.query);
    variableEditor?.setValue(opening.variables);
    queryEditor.focus();
    setOpening(null);
  }, [opening, queryEditor, variableEditor]);

  const open = (offer) => {
    if (queryEditor?.getValue().trim()) addTab();
    setOpening(offer);
  };
  return (
    <DropdownMenu modal={false}>
      <DropdownMenu.Button className="action" disabled={offers.length === 0}>Starters <span aria-hidden="true">▾</span></DropdownMenu.Button>
      <DropdownMenu.Content className="starters" align="end" onCloseAutoFocus={(event) => event.preventDefault()}>
        {offers.map((offer, i) => (
          <Fragment key={offer.group + offer.label}>
            {offer.group !== offers[i - 1]?.group && <div className="starters-group">{offer.group}</div>}
            <DropdownMenu.Item onSelect={() => open(offer)}>{offer.label}</DropdownMenu.Item>
          </Fragment>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
