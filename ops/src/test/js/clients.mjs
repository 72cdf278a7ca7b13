// MQTT.js in Node and in a headless Chromium against a broker with a listener of each kind: `ops/bin/proof clients`.
//   CHROMIUM=PROGRAM node clients.mjs COMMAND…   the command that starts the broker, to which `-c FILE` is added
// Prints a line for each check; the exit code is 0 when all are ok.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createProbe } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mqtt from 'mqtt'
import { runChecks } from './exchange.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'tally-clients-'))
const unix = join(home, 'tally.sock')
const results = []

function report(where, version, checks) {
  for (const [check, result] of checks) {
    results.push(result)
    console.log(`${result === 'ok' ? 'ok    ' : 'FAILED'} ${where} v${version} ${check}${result === 'ok' ? '' : `: ${result}`}`)
  }
}

async function freePort() {
  const probe = createProbe()
  await new Promise((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address()
  await new Promise((done) => probe.close(done))
  return port
}

function certificate() {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', join(home, 'key.pem'),
    '-out', join(home, 'cert.pem')], { stdio: 'ignore' })
}

async function startBroker(ports) {
  const tls = `certfile ${join(home, 'cert.pem')}\nkeyfile ${join(home, 'key.pem')}\n`
  writeFileSync(join(home, 'tally.conf'), `persistence_location ${join(home, 'data')}
journal_file_size 16m
log_type error
log_type warning
allow_anonymous true
listener ${ports.mqtt} 127.0.0.1
listener ${ports.mqtts} 127.0.0.1
${tls}listener ${ports.ws} 127.0.0.1
protocol websockets
listener ${ports.wss} 127.0.0.1
protocol websockets
${tls}listener 0 ${unix}
`)
  const [command, ...args] = process.argv.slice(2)
  const broker = spawn(command, [...args, '-c', join(home, 'tally.conf')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => broker.once('exit', done))
  await new Promise((ready, failed) => {
    broker.stdout.on('data', (text) => String(text).includes('ready on') && ready())
    ended.then((code) => failed(new Error(`the broker ended with ${code}`)))
  })
  return { stop: () => (broker.kill(), ended) }
}

async function inNode(ports) {
  const ca = readFileSync(join(home, 'cert.pem'))
  for (const transport of ['mqtt', 'mqtts', 'ws', 'wss', 'unix']) {
    const url = transport === 'unix' ? `mqtt+unix://${unix}` : `${transport}://localhost:${ports[transport]}/mqtt`
    for (const version of [3, 4, 5]) {
      report(`node ${transport}`, version, await runChecks(mqtt, url, { ca }, version, `${transport}/${version}`))
    }
  }
}

const page = `<!doctype html><script src="/mqtt.js"></script><script type="module">
import { runChecks } from '/exchange.mjs'
const answer = {}
for (const [transport, port] of Object.entries(__PORTS__)) {
  for (const version of [3, 4, 5]) {
    const url = transport + '://localhost:' + port + '/mqtt'
    answer[transport + ' ' + version] = await runChecks(mqtt, url, {}, version, 'browser/' + transport + '/' + version)
  }
}
await fetch('/results', { method: 'POST', body: JSON.stringify(answer) })
</script>`

/** Serves the page and answers what it posts. */
async function serve(ports) {
  const files = {
    '/': ['text/html', page.replace('__PORTS__', JSON.stringify(ports))],
    '/mqtt.js': ['text/javascript', readFileSync(join(here, 'node_modules/mqtt/dist/mqtt.min.js'))],
    '/exchange.mjs': ['text/javascript', readFileSync(join(here, 'exchange.mjs'))]
  }
  let posted
  const answer = new Promise((done) => (posted = done))
  const server = createServer((request, response) => {
    if (request.url === '/results') {
      let body = ''
      request.on('data', (part) => (body += part)).on('end', () => posted(JSON.parse(body)))
      response.end()
    } else {
      const [type, content] = files[request.url] ?? ['text/plain', '']
      response.setHeader('Content-Type', type).end(content)
    }
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { answer, port: server.address().port, close: () => server.close() }
}

async function inBrowser(ports) {
  const server = await serve({ ws: ports.ws, wss: ports.wss })
  const browser = spawn(process.env.CHROMIUM, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--ignore-certificate-errors',
    '--no-proxy-server', `--user-data-dir=${join(home, 'browser')}`, '--remote-debugging-port=0',
    `http://127.0.0.1:${server.port}/`], { stdio: 'ignore' })
  const ended = new Promise((done) => browser.once('exit', done))
  const timer = setTimeout(() => browser.kill(), 300_000)
  const answer = await Promise.race([server.answer, ended])
  clearTimeout(timer)
  browser.kill()
  await ended
  server.close()
  if (typeof answer !== 'object' || answer === null) throw new Error(`Chromium ended without results (${answer})`)
  for (const [where, checks] of Object.entries(answer)) {
    const [transport, version] = where.split(' ')
    report(`browser ${transport}`, version, checks)
  }
}

const ports = { mqtt: await freePort(), mqtts: await freePort(), ws: await freePort(), wss: await freePort() }
certificate()
const broker = await startBroker(ports)
try {
  await inNode(ports)
  await inBrowser(ports)
} finally {
  await broker.stop()
  rmSync(home, { recursive: true, force: true })
}
const failed = results.filter((result) => result !== 'ok').length
console.log(`MQTT.js: ${results.length} checks, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
