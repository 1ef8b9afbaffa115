"""The five numbers of the school, and where each came from (contract 2.3).

- `snapshot`: ask the five services at once, one look; `watch`: again and again, on a screen of its own
- `notebook`: what is kept from look to look: `lastgood`, and the last day of each number (`trend`, `trendfile`)
- `results`: which number comes from which service, and what is live, stale or unavailable
- `surroundings`: dead letters, Redis, the registry; `views`, `bars` and `digits`: how it is drawn
"""
