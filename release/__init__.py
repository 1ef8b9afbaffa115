"""What a release is made of: `python -m release` builds all that `make dist` puts into `dist/`.

`source` says what is released, `gathered` what it stands upon; then a module for each artefact. Only `gathered` needs
the network, and it runs once; the rest is built from this tree and what was gathered, the same bytes each time.
"""
