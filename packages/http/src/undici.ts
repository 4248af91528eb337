export { SessionDispatcher } from './client/dispatcher.js'
