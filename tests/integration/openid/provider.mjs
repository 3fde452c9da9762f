// An OpenID provider for tests: oidc-provider on a free loopback port, which issues ID tokens for any subject.
//
//   node provider.mjs SETTINGS
//
// SETTINGS is a JSON file with `issuer`, `secret` (of every client) and `jwks` (private keys; the first one signs).
// It prints its port. On SIGHUP it reads the file again, as for new keys, and prints "reloaded".
import { readFileSync } from 'node:fs';
import http from 'node:http';
import Provider from 'oidc-provider';

const GRANT = 'urn:temp-access:subject';
const settingsFile = process.argv[2];

// Every id is a client, because a client's id is the audience of its tokens.
const clients = (secret) => class {
  constructor(model) {
    this.model = model;
  }

  async find(id) {
    return this.model === 'Client' ? {
      client_id: id,
      client_secret: secret,
      grant_types: [GRANT],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    } : undefined;
  }

  async upsert() {}

  async destroy() {}
};

function createHandler() {
  const { issuer, secret, jwks } = JSON.parse(readFileSync(settingsFile, 'utf8'));
  const provider = new Provider(issuer, {
    adapter: clients(secret),
    jwks,
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    features: { devInteractions: { enabled: false } },
  });
  provider.registerGrantType(GRANT, async (ctx) => {
    const { subject, expires_in: seconds, claims } = ctx.oidc.params;
    const token = new provider.IdToken({ sub: subject }, { ctx });
    token.scope = 'openid';
    for (const [name, value] of Object.entries(JSON.parse(claims))) token.set(name, value);
    const expiresAt = Math.floor(Date.now() / 1000) + Number(seconds);
    ctx.body = { id_token: await token.issue({ use: 'idtoken', expiresAt }) };
  }, ['subject', 'expires_in', 'claims']);
  // Its documents name URLs of the issuer, as those of a server behind a proxy do.
  provider.proxy = true;
  const { host, protocol } = new URL(issuer);
  const answer = provider.callback();
  return (request, response) => {
    request.headers['x-forwarded-host'] = host;
    request.headers['x-forwarded-proto'] = protocol.replace(':', '');
    answer(request, response);
  };
}

let handler = createHandler();
process.on('SIGHUP', () => {
  handler = createHandler();
  console.log('reloaded');
});
// Without its test, the provider ends too.
process.stdin.on('end', () => process.exit(0)).resume();
const server = http.createServer((request, response) => handler(request, response));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
