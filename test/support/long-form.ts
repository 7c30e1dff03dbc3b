/** Whether `*.property.test.ts` try many more cases than in `npm test`, as they do with the slow tests. */
export const isLongForm = process.env['LONG_FORM'] === 'true';
