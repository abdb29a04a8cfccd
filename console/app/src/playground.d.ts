// The part of the playground page that the console shows too.
declare module '@playground/workbench.jsx' {
  import type { GraphQLSchema } from 'graphql';
  import type { ReactNode } from 'react';

  export function Workbench(props: {
    plane: 'data' | 'control';
    send(operation: { query: string; variables?: unknown; operationName?: string }): Promise<unknown>;
    schema: GraphQLSchema;
    tabs: object;
    actionsSlot: HTMLElement;
    theme?: 'system' | 'light' | 'dark';
  }): ReactNode;
}
declare module '@playground/graphiql.css';
declare module 'graphiql/style.css';
