// What a client of MQTT.js must get from a broker. Runs in Node and in a browser: knows nothing of either.

const MESSAGES = 20

/** Names of the checks, each an async function of (connect, name); connect(options) answers a connected client. */
export const checks = {
  async everyQosArrivesOnceAndInOrder(connect, name) {
    const sub = await connect({})
    const pub = await connect({})
    for (const qos of [0, 1, 2]) {
      const topic = `${name}/qos/${qos}`
      const received = collect(sub, topic)
      await sub.subscribeAsync(topic, { qos })
      const sent = await publishMany(pub, topic, qos)
      await until(() => received.length >= sent.length, `QoS ${qos}`)
      await flush(sub, `${name}/flush`)
      same(received.map((m) => m.text), sent)
      same(received.every((m) => m.qos === qos && !m.retain), true)
    }
    await end(sub, pub)
  },

  async largePayloadsArriveWhole(connect, name) {
    const client = await connect({})
    const topic = `${name}/large`
    const received = collect(client, topic)
    await client.subscribeAsync(topic, { qos: 2 })
    const text = 'Tally '.repeat(50_000)
    await client.publishAsync(topic, text, { qos: 2 })
    await until(() => received.length === 1, 'the large message')
    same(received[0].text === text, true)
    await end(client)
  },

  async willIsPublishedWhenTheConnectionBreaks(connect, name) {
    const topic = `${name}/will`
    const sub = await connect({})
    const received = collect(sub, topic)
    await sub.subscribeAsync(topic, { qos: 1 })
    const mortal = await connect({ will: { topic, payload: 'gone', qos: 1, retain: false } })
    mortal.stream.destroy()
    await mortal.endAsync(true)
    await until(() => received.length === 1, 'the will')
    same(received[0].text, 'gone')
    await end(sub)
  },

  async retainedMessagesMeetLaterSubscribers(connect, name) {
    const topic = `${name}/retained`
    const pub = await connect({})
    await pub.publishAsync(topic, 'kept', { qos: 1, retain: true })
    const sub = await connect({})
    const received = collect(sub, topic)
    await sub.subscribeAsync(topic, { qos: 1 })
    await until(() => received.length === 1, 'the retained message')
    same([received[0].text, received[0].retain], ['kept', true])
    await pub.publishAsync(topic, '', { qos: 1, retain: true })
    const late = await connect({})
    const nothing = collect(late, topic)
    await late.subscribeAsync(topic, { qos: 1 })
    await flush(late, `${name}/flush`)
    same(nothing.length, 0)
    await end(pub, sub, late)
  },

  async persistentSessionsGetWhatTheyMissedOnce(connect, name, version) {
    const topic = `${name}/missed`
    const kept = { clientId: `${name}-kept`, clean: false }
    if (version === 5) kept.properties = { sessionExpiryInterval: 600 }
    const first = await connect(kept)
    await first.subscribeAsync(topic, { qos: 2 })
    await end(first)
    const pub = await connect({})
    const sent = await publishMany(pub, topic, 2)
    const received = []
    const second = await connect(kept, (client) => collect(client, topic, received))
    await until(() => received.length >= sent.length, 'what was missed')
    await flush(second, `${name}/flush`)
    same(received.map((m) => m.text), sent)
    await second.unsubscribeAsync([topic, `${name}/flush`])
    await end(second, pub)
  },

  async sharedSubscriptionsGiveEachMessageToOne(connect, name) {
    const topic = `${name}/shared`
    const received = []
    const members = [await connect({}), await connect({})]
    for (const member of members) {
      collect(member, topic, received)
      await member.subscribeAsync(`$share/group/${topic}`, { qos: 1 })
    }
    const pub = await connect({})
    const sent = await publishMany(pub, topic, 1)
    await until(() => received.length >= sent.length, 'all messages of the group')
    for (const member of members) await flush(member, `${name}/flush`)
    same(received.map((m) => m.text).sort(), [...sent].sort())
    await end(pub, ...members)
  },

  async propertiesGoThroughUnchanged(connect, name) {
    const topic = `${name}/properties`
    const client = await connect({ properties: { requestProblemInformation: true, topicAliasMaximum: 5 } })
    const received = collect(client, topic)
    await client.subscribeAsync(topic, { qos: 1, properties: { subscriptionIdentifier: 77 } })
    const properties = {
      contentType: 'text/plain',
      responseTopic: `${name}/answer`,
      payloadFormatIndicator: true,
      userProperties: { unit: ['V', 'A'], meter: '7' }
    }
    await client.publishAsync(topic, 'x', { qos: 1, properties: { ...properties, topicAlias: 3 } })
    await until(() => received.length === 1, 'the message with properties')
    const got = received[0].properties
    for (const key of Object.keys(properties)) same(plain(got[key]), plain(properties[key]))
    same(got.subscriptionIdentifier, 77)
    await end(client)
  }
}

/** Runs all checks with one way to connect; answers a list of [check, 'ok' or what went wrong]. */
export async function runChecks(mqtt, url, options, version, prefix) {
  const results = []
  for (const [check, run] of Object.entries(checks)) {
    if (version < 5 && run === checks.propertiesGoThroughUnchanged) continue
    const clients = []
    const connect = async (more, prepare) => {
      const wanted = { protocolVersion: version, reconnectPeriod: 0, connectTimeout: 10_000, ...options, ...more }
      if (version === 3) wanted.protocolId = 'MQIsdp'
      if (!wanted.clientId) wanted.clientId = `js${Math.random().toString(16).slice(2, 14)}`
      const client = mqtt.connect(url, wanted)
      clients.push(client)
      if (prepare) prepare(client)
      await new Promise((done, failed) => client.once('connect', done).once('error', failed))
      client.on('error', () => {})
      return client
    }
    try {
      await Promise.race([run(connect, `${prefix}/${check}`, version), tooLong()])
      results.push([check, 'ok'])
    } catch (e) {
      results.push([check, String(e && e.message ? e.message : e)])
    }
    for (const client of clients) client.end(true)
  }
  return results
}

function tooLong() {
  return new Promise((_, failed) => setTimeout(() => failed(new Error('not done after a minute')), 60_000))
}

function collect(client, topic, into = []) {
  client.on('message', (t, payload, packet) => {
    if (t !== topic) return
    into.push({ text: payload.toString(), qos: packet.qos, retain: packet.retain, properties: packet.properties })
  })
  return into
}

async function publishMany(client, topic, qos) {
  const texts = Array.from({ length: MESSAGES }, (_, i) => `${topic} ${i}`)
  await Promise.all(texts.map((text) => client.publishAsync(topic, text, { qos })))
  return texts
}

/** When this message is back, whatever the broker had for the client before it has come. */
async function flush(client, topic) {
  const received = collect(client, topic)
  await client.subscribeAsync(topic, { qos: 0 })
  await client.publishAsync(topic, 'flush', { qos: 0 })
  await until(() => received.length > 0, 'the flush')
}

async function until(condition, what) {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come`)
    await new Promise((later) => setTimeout(later, 5))
  }
}

async function end(...clients) {
  for (const client of clients) await client.endAsync()
}

function plain(value) {
  return JSON.stringify(value)
}

function same(got, wanted) {
  if (plain(got) !== plain(wanted)) throw new Error(`${plain(got)} came instead of ${plain(wanted)}`.slice(0, 300))
}
