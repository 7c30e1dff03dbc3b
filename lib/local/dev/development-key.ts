/** The public half, which a verifier of development tokens needs. */
export const developmentPublicKey = {
  kid: 'development',
  alg: 'ES256',
  use: 'sig',
  kty: 'EC',
  crv: 'P-256',
  x: 'rgOaW4GzAkoyhj1g3GOJiB8jISVf4bHsP6I1dWR4Su4',
  y: 'xJtChhi4qyzjqJrkWa8OWehKRDZhzUb9P4oMCp0GPjY',
};

/**
 * Signs development tokens. It is no secret and is the same on every machine, so that tokens survive a restart;
 * it can be, because nothing but the local shim ever trusts it.
 */
export const developmentPrivateKey = {
  ...developmentPublicKey,
  d: 'NYmrQma4LkJB_0-mhzzbNLxLS_dm_iOp31JVy4o5yag',
};
