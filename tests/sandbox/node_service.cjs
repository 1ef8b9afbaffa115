// A service as the services' own documentation has it: it subscribes, says who it is, and handles what it hears.
//   node node_service.cjs NAME       what it handles goes to stdout, a line of JSON each
//   node node_service.cjs            publishes what stdin has, a JSON array [channel, payload] a line, and answers each
const { createClient } = require('redis')

const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n')
const lines = () => require('readline').createInterface({ input: process.stdin })

async function serve(name) {
  const handled = new Set()
  const subscriber = createClient({ url: process.env.REDIS_URL, name: `${name}-service` })
  await subscriber.connect()
  await subscriber.subscribe('enrollment.approved', (message) => {
    const event = JSON.parse(message)
    const again = handled.has(event.eventId)
    handled.add(event.eventId)
    tell({ heard: event.eventId, again, raw: message })
  })
  tell({ ready: true })
  for await (const _ of lines()) continue // until stdin ends
  await subscriber.close()
}

async function publish() {
  const redis = createClient({ url: process.env.REDIS_URL })
  await redis.connect()
  tell({ ready: true })
  for await (const line of lines()) {
    const [channel, payload] = JSON.parse(line)
    await redis.publish(channel, payload)
    tell({ published: payload })
  }
  await redis.close()
}

process.argv[2] ? serve(process.argv[2]) : publish()
