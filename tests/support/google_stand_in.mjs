// Google's OAuth endpoints on loopback: node google_stand_in.mjs NODE_MODULES EMAIL
// Prints its base URL, and then a line for every request to the token endpoint.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, email] = process.argv.slice(2);
const entry = pathToFileURL(join(modules, 'oauth2-mock-server', 'dist', 'index.mjs'));
const { OAuth2Server } = await import(entry.href);
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');

server.service.on('beforeTokenSigning', (token) => {
  Object.assign(token.payload, { sub: 'google-account-1', email, email_verified: true });
});
server.service.on('beforeResponse', (answer, request) => {
  console.log(JSON.stringify({ status: answer.statusCode, form: request.body }));
});
console.log(`http://127.0.0.1:${server.address().port}`);
