"""What an existing text says of its own key terms, with the words it was read from. Pure, deterministic, no network.

Everything here is a proposal for a person to confirm: a rule that is not sure says so.
"""

from agreements.recognition.proposing import recognise
from agreements.recognition.shapes import Confidence, Findings, Proposal

__all__ = ["Confidence", "Findings", "Proposal", "recognise"]
