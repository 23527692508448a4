"""What stops a backup or its restoring."""


class BackupTrouble(RuntimeError):
    """It was not done; the message says why, and what to do."""
