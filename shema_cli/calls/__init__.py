"""HTTP: the one way out, for services, Firebase and Google alike.

A call to a service, read from top to bottom:

    client.py      which instance, how many attempts, and what became of it
    request.py     what is sent: method, path, body, and the headers that say who calls
    transport.py   the way out: connections, limits in time, what went wrong in words; beside it `proxies.py`,
                   `trust.py` (certificates), `bodies.py` (size, packing), `open_files.py`, `log.py`
    reply.py       what came: an answer, a reply, or an error that says what happened

Around it: `discovery.py` (which instances there are, and whose turn it is), `registry.py` (those that registered
themselves in Redis), `health.py`, `circuit.py`, `tokens.py` (service tokens). Firebase and Google, which have neither
instances nor circuits, are reached through `transport.fetch`.
"""
