-- Whether an entry could be written, seen without writing one.
-- KEYS: 1 the audit stream
-- ARGV: none
-- → 1, or the error that a write would meet
-- needs: chain

return chain_unwritable(KEYS[1]) or 1
