// The job of `shema dashboard -o json` as a program for Node, with the libraries that one would take for it there: the
// admin's ID token is checked (jose), the registry of services is read and merged with what is configured (redis), each
// of five calls bears a service token (jsonwebtoken) in the admin's name, three attempts of 5 s each with their pauses
// are made of it, over the instances in turn, and the JSON is printed. It opens no circuit and remembers nothing.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../.tools/', import.meta.url))
const jose = require('jose')
const jwt = require('jsonwebtoken')

const env = process.env
const ATTEMPTS = 3
const LIMIT_MS = 5000
const SOURCES = [
  ['total_students', 'user', '/api/users/stats', 'student_count'],
  ['pending_enrollments', 'enrollment', '/api/enrollments/stats', 'pending_count'],
  ['active_chats', 'chat', '/api/chat/stats', 'active_count'],
  ['total_courses', 'course', '/api/courses/stats', 'count'],
  ['upcoming_classes', 'schedule', '/api/schedules/stats', 'upcoming_count'],
]

// As the environment of this benchmark has it: a session of the emulator, whose tokens are unsigned.
function admin() {
  const project = env.FIREBASE_PROJECT_ID
  const { payload } = jose.UnsecuredJWT.decode(env.SHEMA_ID_TOKEN, {
    issuer: `https://securetoken.google.com/${project}`,
    audience: project,
    clockTolerance: 10,
  })
  if (payload.admin !== true && payload.role !== 'admin') throw new Error('not an admin')
  return payload
}

async function registered() {
  if (!env.REDIS_URL) return {}
  const { createClient } = require('redis')
  const client = createClient({ url: env.REDIS_URL, socket: { connectTimeout: 2000, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  const found = await Promise.all(SOURCES.map(([, service]) => client.hGetAll(`{shema}:registry:${service}`)))
  client.destroy()
  return Object.fromEntries(SOURCES.map(([, service], index) => [service, found[index]]))
}

function instances(service, registry) {
  const configured = (env[`${service.toUpperCase()}_SERVICE_URL`] ?? '').split(',').filter(Boolean)
  const living = Object.entries(registry[service] ?? {}).filter(([, stored]) => {
    const { registeredAt, ttl } = JSON.parse(stored)
    return ttl === null || Date.parse(registeredAt) + ttl * 1000 > Date.now()
  })
  const found = [...new Set([...configured, ...living.map(([url]) => url)])]
  if (!found.length) throw new Error(`${service} is not configured`)
  return found
}

function headers(actor) {
  const claims = { service: env.SERVICE_NAME, scope: 'internal', act: { sub: actor.sub, email: actor.email } }
  const random = Math.random().toString(36).slice(2, 11).padEnd(9, '0')
  return {
    'Content-Type': 'application/json',
    Authorization: `Bearer ${jwt.sign(claims, env.SERVICE_JWT_SECRET, { expiresIn: 300 })}`,
    'X-Service-Name': env.SERVICE_NAME,
    'X-Request-ID': `req_${Date.now()}_${random}`,
  }
}

async function asked([stat, service, path, field], registry, actor) {
  const started = Date.now()
  try {
    const urls = instances(service, registry)
    const sent = headers(actor)
    for (let attempt = 1; ; attempt++) {
      const instance = urls[(attempt - 1) % urls.length]
      try {
        const response = await fetch(instance + path, {
          headers: sent,
          redirect: 'manual',
          signal: AbortSignal.timeout(LIMIT_MS),
        })
        if (response.status >= 500) throw new Error(`answered ${response.status}`)
        const value = (await response.json())[field]
        if (!response.ok || !Number.isInteger(value) || value < 0) return [stat, service, { error: 'bad answer' }]
        return [stat, service, { value, instance, duration_ms: Date.now() - started, request_id: sent['X-Request-ID'] }]
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
        const pause = 100 * 2 ** attempt * (1 + Math.random() / 2)
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  } catch (error) {
    return [stat, service, { error: error.message }]
  }
}

const actor = admin()
const registry = await registered()
const answers = await Promise.all(SOURCES.map((source) => asked(source, registry, actor)))
console.log(
  JSON.stringify({
    stats: Object.fromEntries(answers.map(([stat, , answer]) => [stat, answer.value ?? null])),
    timestamp: new Date(),
    sources: Object.fromEntries(answers.map(([, service, answer]) => [service, answer])),
  }),
)
