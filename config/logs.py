"""Logs as one JSON object a line. JSON escapes every control character, so no name can forge a line."""

from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def json_lines(level: str) -> dict[str, Any]:
    """Django's LOGGING; structlog's own loggers are set to the same form."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *SHARED],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            "django": {"propagate": True, "handlers": []},
            "django.server": {"propagate": True, "handlers": []},
            "fontTools": {"level": "ERROR"},
            "weasyprint": {"level": "ERROR"},
            "pyhanko": {"level": "CRITICAL"},  # what is wrong with a file is the answer of its check
            "pyhanko_certvalidator": {"level": "CRITICAL"},
        },
    }
