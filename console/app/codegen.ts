import type { CodegenConfig } from '@graphql-codegen/cli';

// Types of the control plane's operations, from the same SDL that the server is generated from. The data
// plane is each account's own and known at run time only: src/data builds its operations.
const config: CodegenConfig = {
  schema: '../../schema/control.graphqls',
  documents: ['src/**/*.ts', 'src/**/*.tsx'],
  ignoreNoDocuments: true,
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        useTypeImports: true,
        enumsAsTypes: true,
        skipTypename: true,
        strictScalars: true,
        scalars: { DateTime: 'string', JSON: 'import("../lib/json").Json' },
      },
    },
  },
};

export default config;
