import type { PolicyQuery } from '../../gql/graphql';

export type Policy = PolicyQuery['policy'];
export type Purpose = Policy['purposes'][number];
