/** Why a table waits whose rows disappeared without Tidemark; the wording is that of the state and the report. */
export const MISSING = 'its table in the destination is missing, although it was filled'
export const EMPTIED = 'its table in the destination is empty, although it was filled'
