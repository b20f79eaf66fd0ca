/** Why a table waits whose rows went without Tidemark; the wording is the state's and the report's. */
export const MISSING = 'its table in the destination is missing, although it was filled'
export const EMPTIED = 'its table in the destination is empty, although it was filled'
