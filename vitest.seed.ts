import fc from 'fast-check'

/** Property tests draw the same values each time `TIDEMARK_SEED` asks for it, as the crashes and the models do. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['TIDEMARK_SEED']) })
