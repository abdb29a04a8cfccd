// Two peers to compare with: the same subgraph written with Apollo Server, and with Mercurius and its
// JIT, over MongoDB, with a data loader for each request.
//
//   node server.mjs apollo|mercurius URI
//
// The database's collection `plain` holds profiles as the API shows them (masked), under their ids, each
// with the e-mail address that finds it. Nothing is authenticated, opened or masked, and all scalars are
// String, which costs least. It listens on a free port of the loopback interface and prints its address.

import DataLoader from 'dataloader'
import { MongoClient } from 'mongodb'

const [peer, uri] = process.argv.slice(2)
const client = await new MongoClient(uri, { maxPoolSize: 32 }).connect()
const plain = client.db().collection('plain')

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query { profile(id: ID!): Profile }
  type Profile @key(fields: "id") @key(fields: "email") {
    id: ID!
    firstName: String
    lastName: String
    email: String
    document: String
    documentType: String
    cellPhone: String
    priceTable: String
  }
`

// loader reads what is asked for by one key, in one look-up.
const loader = (key) =>
  new DataLoader(async (values) => {
    const found = new Map()
    for await (const doc of plain.find({ [key]: { $in: values } })) found.set(doc[key], doc.node)
    return values.map((value) => found.get(value) ?? null)
  })

const context = async () => ({ byID: loader('_id'), byEmail: loader('email') })
const resolve = ({ id, email }, { byID, byEmail }) => (id ? byID.load(id) : byEmail.load(email))

if (peer === 'apollo') {
  const { ApolloServer } = await import('@apollo/server')
  const { startStandaloneServer } = await import('@apollo/server/standalone')
  const { buildSubgraphSchema } = await import('@apollo/subgraph')
  const { parse } = await import('graphql')
  const resolvers = { Query: { profile: (_, args, ctx) => resolve(args, ctx) }, Profile: { __resolveReference: resolve } }
  const server = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers }) })
  const { url } = await startStandaloneServer(server, { context, listen: { host: '127.0.0.1', port: 0 } })
  console.log(url)
} else {
  const { default: Fastify } = await import('fastify')
  const { mercuriusFederationPlugin } = await import('@mercuriusjs/federation')
  const resolvers = { Query: { profile: (_, args, ctx) => resolve(args, ctx) }, Profile: { __resolveReference: (source, _, ctx) => resolve(source, ctx) } }
  const app = Fastify({ logger: false })
  app.register(mercuriusFederationPlugin, { schema: typeDefs, resolvers, context, jit: 1 })
  console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
}
