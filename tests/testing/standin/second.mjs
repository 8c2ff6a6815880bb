// The second client: ccxt for JavaScript places an order at a stand-in, finds it, cancels it, and trades once.
// node second.mjs CCXT-FOLDER ADDRESS VENUE, with {key, secret, password, client} as JSON on standard input.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [folder, base, tag] = process.argv.slice(2)
const { default: ccxt } = await import(pathToFileURL(`${folder}/node_modules/ccxt/js/ccxt.js`).href)
const said = JSON.parse(readFileSync(0, 'utf8'))

const rebased = (node) => {
  if (typeof node === 'string') {
    const { protocol, pathname } = new URL(node.replaceAll('{hostname}', 'host'))
    const start = protocol.startsWith('http') ? base : base.replace('http', 'ws')
    return `${start}/${tag}${pathname === '/' ? '' : pathname}`
  }
  if (node && typeof node === 'object') {
    return Object.fromEntries(Object.entries(node).map(([name, inner]) => [name, rebased(inner)]))
  }
  return node
}

const exchange = new ccxt[tag]({
  apiKey: said.key,
  secret: said.secret,
  password: said.password,
  enableRateLimit: false,
  options: { defaultType: 'swap', fetchCurrencies: false, ...said.options },
})
exchange.has.fetchCurrencies = false
exchange.urls.api = rebased(exchange.urls.api)
await exchange.loadMarkets()

const symbol = 'BTC/USDT:USDT'
const size = said.size
const made = await exchange.createOrder(symbol, 'limit', 'sell', size, 70000, { [said.client]: 'hrjs1' })
const open = await exchange.fetchOpenOrders(symbol)
await exchange.cancelOrder(made.id, symbol)
const left = await exchange.fetchOpenOrders(symbol)
await exchange.createOrder(symbol, 'market', 'sell', size, undefined, { [said.client]: 'hrjs2' })
const [held] = (await exchange.fetchPositions([symbol])).filter((one) => one.contracts)
const [fill] = await exchange.fetchMyTrades(symbol)
console.log(JSON.stringify({
  version: ccxt.version,
  found: open.map((one) => [String(one.id) === String(made.id), one.amount, one.price]),
  left: left.length,
  side: held.side,
  contracts: held.contracts,
  filled: fill.amount,
}))
