"""The only writers: each checks, locks, writes and records in one transaction."""
