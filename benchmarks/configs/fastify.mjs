// The same work on Fastify, with openapi-backend to find and validate: a key, a validated body, a map of tasks.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { randomBytes } from 'node:crypto'

const [, , port, spec, packages] = process.argv
const require = createRequire(packages)
const fastify = require('fastify')()
const { OpenAPIBackend } = require('openapi-backend')
const tasks = new Map()

const refused = (reply, code, type) => reply.code(code).send({ error: { code, message: type, type } })
const api = new OpenAPIBackend({
  definition: JSON.parse(readFileSync(spec, 'utf8')),
  quick: true,
  ajvOpts: { strict: false },
  handlers: {
    startUploadCover: (c, request, reply) => {
      const task = `upl${randomBytes(9).toString('hex')}`
      tasks.set(task, new Date().toISOString())
      return reply.send({ code: 200, message: 'success', data: { task_id: task } })
    },
    getUploadCoverStatus: (c, request, reply) => {
      const id = c.request.query.task_id
      const created = tasks.get(id)
      if (!created) return refused(reply, 404, 'not_found')
      const clips = [1, 2].map(n => ({
        id: `song_${id}_${n}`, audio_url: `http://127.0.0.1/${id}/${n}.wav`, image_url: `http://127.0.0.1/${id}/${n}.jpeg`
      }))
      return reply.send({ code: 200, message: 'success', data: { task_id: id, status: 'complete', clips, created_at: created } })
    },
    notFound: (c, request, reply) => refused(reply, 404, 'not_found'),
    validationFail: (c, request, reply) => refused(reply, 400, 'bad_request'),
    unauthorizedHandler: (c, request, reply) => refused(reply, 401, 'authentication_error')
  }
})
api.registerSecurityHandler('bearer', c => c.request.headers.authorization === 'Bearer aio_bench')
await api.init()
fastify.route({
  method: ['GET', 'POST'],
  url: '/*',
  handler: (request, reply) => api.handleRequest(
    { method: request.method, path: request.url.split('?')[0], body: request.body, query: request.query, headers: request.headers },
    request, reply
  )
})
await fastify.listen({ host: '127.0.0.1', port: Number(port) })
