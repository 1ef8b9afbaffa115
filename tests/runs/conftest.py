from tests.dlq.fixtures import dlq, dlq_env, identity, service, spawn

__all__ = ["dlq", "dlq_env", "identity", "service", "spawn"]
