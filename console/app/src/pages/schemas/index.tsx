import { Route, Switch } from 'wouter';
import { AddField } from './add-field';
import { EditSchema, NewEntity } from './edit';
import { Entities } from './entities';
import { SchemaFields } from './fields';
import { GraphQL } from './graphql';
import { History } from './history';

/** What the account's documents hold, and how that changes. */
export default function Schemas() {
  return (
    <Switch>
      <Route path="/schemas">
        <Entities />
      </Route>
      <Route path="/schemas/new">
        <NewEntity />
      </Route>
      <Route path="/schemas/:entity">{({ entity }) => <SchemaFields key={entity} entity={entity} />}</Route>
      <Route path="/schemas/:entity/add">{({ entity }) => <AddField key={entity} entity={entity} />}</Route>
      <Route path="/schemas/:entity/edit">{({ entity }) => <EditSchema key={entity} entity={entity} />}</Route>
      <Route path="/schemas/:entity/history">{({ entity }) => <History key={entity} entity={entity} />}</Route>
      <Route path="/schemas/:entity/graphql">{({ entity }) => <GraphQL key={entity} entity={entity} />}</Route>
    </Switch>
  );
}
