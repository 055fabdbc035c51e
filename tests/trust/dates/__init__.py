"""The dates of the product against an oracle that leafs through a wall calendar; `python -m tests.trust.dates`."""
