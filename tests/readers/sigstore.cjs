// Reads {bundle, key} on standard input, and verifies as Sigstore's own JavaScript library does.
const path = require('node:path')
const modules = process.env.PACKC_NODE_MODULES
const { bundleFromJSON } = require(path.join(modules, '@sigstore/bundle'))
const { Verifier, toSignedEntity } = require(path.join(modules, '@sigstore/verify'))
const { createPublicKey } = require('node:crypto')

const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const key = createPublicKey(given.key)
const material = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: () => ({ publicKey: key, validFor: () => true }),
}
const options = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }
for (const bundle of given.bundles) {
  try {
    new Verifier(material, options).verify(toSignedEntity(bundleFromJSON(bundle)))
    console.log('accepted')
  } catch (error) {
    console.log(`refused: ${error.code ?? error.name}`)
  }
}
