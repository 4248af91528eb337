// Builds every package: npm run build
import { ensure } from './ensure.mjs'

await ensure({ build: true })
