// What a certificate is wanted for.

/** Files and sessions of OFTP know the first two only: encrypting for a key, and signing with it. */
export type Purpose = 'encryption' | 'signing' | 'tlsClient' | 'tlsServer';
