"""Attacks on signing, S1 to S18, each a test named after it."""
