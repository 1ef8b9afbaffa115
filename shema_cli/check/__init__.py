"""The condition of the system for monitors: thresholds, their exit codes and their formats (contract 3.5)."""

from enum import StrEnum

AREAS = ("services", "redis", "dlq", "listeners", "history", "audit", "session")


class CheckFormat(StrEnum):
    """For whom a check is written."""

    TEXT = "text"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"
    JSON = "json"
