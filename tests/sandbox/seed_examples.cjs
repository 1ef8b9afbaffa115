// The TypeScript examples of the services' own documentation, their types taken off: publisher, subscriber, pattern
// subscription, retry with dead letters, service tokens. Driven by lines of JSON on stdin; answers and what it hears
// go to stdout, a line of JSON each.
const { createClient } = require('redis')
const jwt = require('jsonwebtoken')

const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms / 1000)) // a thousand times faster here
let counter = 0
const generateEventId = () => `evt_node_${++counter}`

function generateServiceToken() {
  return jwt.sign(
    {
      service: process.env.SERVICE_NAME,
      scope: 'internal',
      iat: Math.floor(Date.now() / 1000)
    },
    process.env.SERVICE_JWT_SECRET,
    { expiresIn: '5m' }
  )
}

// `validateServiceToken`, without the web framework around it
function validateServiceToken(authorization) {
  const token = authorization?.replace('Bearer ', '')
  if (!token) return [401, { error: 'Service token required' }]
  try {
    const payload = jwt.verify(token, process.env.SERVICE_JWT_SECRET)
    if (payload.scope !== 'internal') return [403, { error: 'Invalid token scope' }]
    return [200, payload]
  } catch (error) {
    return [401, { error: 'Invalid service token' }]
  }
}

async function validateCourseCapacity(courseId) {
  const response = await fetch(`${process.env.COURSE_SERVICE_URL}/api/courses/${courseId}/capacity`, {
    method: 'GET',
    headers: {
      'Content-Type': 'application/json',
      'Authorization': `Bearer ${generateServiceToken()}`,
      'X-Service-Name': 'enrollment-service'
    }
  })
  if (!response.ok) throw new Error('COURSE_SERVICE_UNAVAILABLE')
  const { has_capacity, current_students, max_students } = await response.json()
  if (!has_capacity) throw new Error('COURSE_FULL')
  return { current_students, max_students }
}

async function main() {
  const redis = createClient({ url: process.env.REDIS_URL })
  await redis.connect()
  const subscriber = redis.duplicate()
  await subscriber.connect()

  async function publishEnrollmentApproved(enrollmentId, studentId) {
    const event = {
      eventType: 'ENROLLMENT_APPROVED',
      eventId: generateEventId(),
      timestamp: new Date().toISOString(),
      version: '1.0',
      data: { enrollmentId, studentId }
    }
    await redis.publish('enrollment.approved', JSON.stringify(event))
    return event
  }

  async function publishChatMessage(sessionId, message) {
    await redis.publish(`chat:session:${sessionId}`, JSON.stringify({
      type: 'new_message',
      sessionId,
      senderId: message.sender_id,
      senderRole: message.sender_role,
      senderName: message.sender_name,
      message: message.message,
      timestamp: message.sent_at
    }))
  }

  async function processEventWithRetry(event, handler, maxRetries = 3) {
    for (let attempt = 1; attempt <= maxRetries; attempt++) {
      try {
        await handler(event)
        return
      } catch (error) {
        if (attempt === maxRetries) {
          await redis.lPush('events:dead_letter', JSON.stringify({
            event,
            error: error.message,
            failedAt: new Date().toISOString()
          }))
        }
        await sleep(Math.pow(2, attempt) * 1000)
      }
    }
  }

  let broken = false
  await subscriber.subscribe('enrollment.approved', async (message) => {
    const event = JSON.parse(message)
    await processEventWithRetry(event, async () => {
      if (broken) throw new Error('Timeout after 5000ms')
      tell({ heard: event, raw: message })
    })
  })
  await subscriber.subscribe('schedule.created', (message) => tell({ heard: JSON.parse(message) }))
  await subscriber.pSubscribe('chat:session:*', (message, channel) => {
    const sessionId = channel.split(':')[2]
    const data = JSON.parse(message)
    tell({ heard: { type: 'chat_message', sessionId, ...data } })
  })

  const orders = {
    token: () => generateServiceToken(),
    validate: ({ authorization }) => validateServiceToken(authorization),
    capacity: ({ courseId }) => validateCourseCapacity(courseId).catch((error) => ({ error: error.message })),
    approve: ({ enrollmentId, studentId }) => publishEnrollmentApproved(enrollmentId, studentId),
    chat: ({ sessionId, message }) => publishChatMessage(sessionId, message),
    break: ({ on }) => { broken = on }
  }
  tell({ ready: true })
  for await (const line of require('readline').createInterface({ input: process.stdin })) {
    const order = JSON.parse(line)
    tell({ done: order.do, result: (await orders[order.do](order)) ?? null })
  }
  await Promise.all([redis.close(), subscriber.close()])
}

main()
