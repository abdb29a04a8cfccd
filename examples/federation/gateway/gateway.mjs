// A gateway for two subgraphs. It composes what each of them says of itself, and sends the credential of
// whoever asks on to both.
//
//   PROFILES   address of the profiles subgraph      PROFILES_KEY  a key that may read its schema
//   ORDERS     address of the orders subgraph        PORT          where to listen, on loopback
import { ApolloGateway, IntrospectAndCompose, RemoteGraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'

const { PROFILES, PROFILES_KEY, ORDERS, PORT = '4000' } = process.env

const gateway = new ApolloGateway({
  supergraphSdl: new IntrospectAndCompose({
    subgraphs: [
      { name: 'profiles', url: PROFILES },
      { name: 'orders', url: ORDERS },
    ],
    introspectionHeaders: { authorization: `Bearer ${PROFILES_KEY}` },
    pollIntervalInMs: 2_000, // so a published schema is in the graph within two seconds
  }),
  buildService: ({ url }) =>
    new RemoteGraphQLDataSource({
      url,
      willSendRequest({ request, context }) {
        if (context.authorization) request.http.headers.set('authorization', context.authorization)
      },
    }),
})

const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false })
const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(PORT) },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
})
console.log(`gateway at ${url}`)
