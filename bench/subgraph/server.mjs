// Two peers to compare with: the same subgraph written with Apollo Server, and with Mercurius and its
// JIT, over MongoDB, with a data loader for each request.
//
//   node server.mjs apollo|mercurius URI [KEY]
//
// The database's collection `plain` holds profiles as the API shows them (masked), under their ids, each
// with the e-mail address that finds it. Nothing is authenticated, opened or masked, and all scalars are
// String, which costs least. With a key (hexadecimal) it is the collection `sealed`, where five fields are encrypted with
// AES-256-GCM and the address is an HMAC-SHA-256: all under the one key, and what comes out is masked already.
// It listens on a free port of the loopback interface and prints its address.

import { createDecipheriv, createHmac } from 'node:crypto'
import DataLoader from 'dataloader'
import { MongoClient } from 'mongodb'

const [peer, uri, hex] = process.argv.slice(2)
const key = hex && Buffer.from(hex, 'hex')
const client = await new MongoClient(uri, { maxPoolSize: 32, promoteBuffers: true }).connect()
const profiles = client.db().collection(key ? 'sealed' : 'plain')

// open decrypts a value: nonce, text, tag.
const open = (sealed) => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(-16))
  return decipher.update(sealed.subarray(12, -16), null, 'utf8') + decipher.final('utf8')
}

// shown is a profile with its sealed values opened.
const shown = (node) => {
  for (const [name, value] of Object.entries(node)) if (Buffer.isBuffer(value)) node[name] = open(value)
  return node
}

// entry is what an e-mail address is found by.
const entry = (email) => (key ? createHmac('sha256', key).update(email).digest('hex') : email)

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

// loader reads what is asked for by one field, in one look-up.
const loader = (field, stored = (value) => value) =>
  new DataLoader(async (asked) => {
    const values = asked.map(stored)
    const found = new Map()
    for await (const doc of profiles.find({ [field]: { $in: values } })) found.set(doc[field], shown(doc.node))
    return values.map((value) => found.get(value) ?? null)
  })

const context = async () => ({ byID: loader('_id'), byEmail: loader('email', entry) })
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
