/** With a session token, as in Lambda, and as long as there. */
export const benchIdentity = {
  region: 'eu-west-1',
  credentials: async () => ({
    accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    sessionToken: 'x'.repeat(900),
  }),
};
