"""Dead letters: see them, replay them, and never lose or double one.

- `show`, `stats`, `replay`, `discard`, `transfer` (export and import): the commands' work
- `glance`: how many, since when, what fails; bounded, for whoever only looks
- `families/`: which families of errors are known, and which have returned
- `letters/`: one dead letter, how it is chosen, what family of errors it belongs to, how it is edited
- `run/`: what works on the list: a run and its steps, the sweep over the list, what comes back, what a dead run held
- `store/lua/dlq_*.lua`: what happens inside Redis, and why nothing is lost
"""

REPLAY_LIMIT = 3  # an event replayed so often comes back no more, unless it is forced (contract 2.4)
