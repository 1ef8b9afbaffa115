from __future__ import annotations

import shutil

# No package registry that the tests may use brings PowerShell, so its tests run where somebody has installed it.
HAS_POWERSHELL = shutil.which("pwsh") is not None
collect_ignore = [] if HAS_POWERSHELL else ["test_pwsh.py"]


def pytest_report_header() -> str | None:
    return None if HAS_POWERSHELL else "pwsh is not installed: tests/completion/test_pwsh.py is left out"
