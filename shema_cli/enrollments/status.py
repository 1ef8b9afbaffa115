"""How an enrollment stands, as its service tells it (contract 1.2): what options are declared with, so that their help
loads nothing else."""

from __future__ import annotations

from enum import StrEnum


class EnrollmentStatus(StrEnum):
    """What the enrollment service tells of an enrollment."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


PENDING = EnrollmentStatus.PENDING.value
