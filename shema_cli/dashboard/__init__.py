"""The five numbers of the school, and where each came from (contract 2.3).

- `snapshot`: ask the five services at once, one look; `watch`: again and again, on a screen of its own
- `results`: which number comes from which service, and what is live, stale or unavailable; `lastgood`: what was known
- `surroundings`: dead letters, Redis, the registry; `views` and `digits`: how it is drawn
"""
