// Scalar's mock server of the contract.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [, , port, spec, packages] = process.argv
const found = name => import(pathToFileURL(createRequire(packages).resolve(name)))
const { createMockServer } = await found('@scalar/mock-server')
const { serve } = await found('@hono/node-server')
const document = JSON.parse(readFileSync(spec, 'utf8'))
const app = await createMockServer({ document })
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) })
