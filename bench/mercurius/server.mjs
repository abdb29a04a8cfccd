// A peer to compare with: Mercurius with its JIT, on data held in memory.
//
//   node server.mjs FILE
//
// FILE is JSON: a list of profiles as the API shows them (masked), each with the e-mail address that
// finds it. Nothing is authenticated, read from a disk or masked, and all scalars are String, which
// costs least. It listens on a free port of the loopback interface and prints its address.

import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";

const schema = `
  type Profile {
    id: ID!
    firstName: String
    lastName: String
    email: String
    document: String
    documentType: String
    birthdate: String
    homePhone: String
    cellPhone: String
    gender: String
    customerCode: String
    corporateName: String
    fancyName: String
    businessDocument: String
    businessPhone: String
    priceTable: String
    tags: [String!]
  }
  input ProfileBy { email: String, document: String }
  type PageInfo { hasNextPage: Boolean!, endCursor: String }
  type ProfileConnection { nodes: [Profile!]!, pageInfo: PageInfo! }
  type Query {
    profile(id: ID, by: ProfileBy): Profile
    profiles(first: Int = 20, after: String): ProfileConnection!
  }
`;

const profiles = JSON.parse(readFileSync(process.argv[2], "utf8"));
const nodes = profiles.map((p) => p.node);
const byID = new Map(profiles.map((p) => [p.node.id, p.node]));
const byEmail = new Map(profiles.map((p) => [p.email, p.node]));

const resolvers = {
  Query: {
    profile: (_, { id, by }) => (id ? byID.get(id) : byEmail.get(by.email)) ?? null,
    profiles: (_, { first }) => ({
      nodes: nodes.slice(0, first),
      pageInfo: { hasNextPage: nodes.length > first, endCursor: null },
    }),
  },
};

const app = Fastify({ logger: false });
app.register(mercurius, { schema, resolvers, jit: 1 });
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
