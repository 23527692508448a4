#!/usr/bin/env python3
"""Django's command line. Starts the embedded PostgreSQL and Valkey first where no other is configured."""

import os
import sys

# These look at the code only, so they start no server.
_NEEDS_NO_DATABASE = {
    "check",
    "collectstatic",
    "help",
    "version",
    "--help",
    "--version",
    "settings_table",
    "roles_table",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    if len(sys.argv) > 1 and sys.argv[1] not in _NEEDS_NO_DATABASE:
        from shop import embedded

        if embedded.in_use():
            embedded.ensure()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
