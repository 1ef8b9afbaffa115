"""The whole Shema system on this machine: services, Redis, Firebase sign-in, faults, traffic.

- `lifecycle`: one that keeps running; `process/`: what runs, how it is found, and that nothing of it stays
- `system/`: all of it put together (`assembly`), its Redis server, its ports, its faults, and the control
- `services/`: the eight, a file each, with the bus and the web that they share; `identity/`: the sign-in
- `school/`: the data that all of it starts with, and the traffic; `tour/`: five minutes through it
"""
