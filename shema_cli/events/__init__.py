"""The event world: what an event is, publishing one, and following what is published.

- `envelope` and `catalogue`: its shape, its names, its channels; `publish`: checked, heard, published and audited
- `tail`: the loop; `reader`: the thread that reads the socket and connects again for ever; `buffer`: between the two
- `filters`, `messages`: what is wanted, what came; `printer` and `views`: how it is shown
"""
