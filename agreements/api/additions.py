"""What may be sent to add a row to an agreement's content."""

from typing import Any

from agreements.api.changes import (
    Change,
    CommitmentChange,
    DatasetChange,
    FlowChange,
    MeasureChange,
    ProvisionChange,
    fields_of,
)
from agreements.api.shaping import Strict, agencies, identifier, roles
from agreements.models import Commitment, Dataset, Flow, Measure, Ordered, Provision


class After(Change):
    """A new row says after which one it stands; at the end if it says nothing."""

    def get_fields(self) -> dict[str, Any]:
        """With `after`: a row of the same kind in the same agreement."""
        rows = self.choice(self.Meta.model)
        return {**super().get_fields(), "after": identifier(rows, required=False, allow_null=True)}


class ProvisionNew(After, ProvisionChange):
    """A new provision."""


class DatasetNew(After, DatasetChange):
    """A new dataset."""


class FlowNew(After, FlowChange):
    """A new flow of a dataset."""

    class Meta:
        model = Flow
        fields = fields_of(Flow, "dataset")


class CommitmentNew(After, CommitmentChange):
    """A new commitment."""


class MeasureNew(After, MeasureChange):
    """A new measure."""


class PartyNew(Strict):
    """Another agency to bring into the text."""

    agency = agencies()
    roles = roles(required=False, default=list)


NEW: dict[type[Ordered], type[Change]] = {
    Provision: ProvisionNew,
    Dataset: DatasetNew,
    Flow: FlowNew,
    Commitment: CommitmentNew,
    Measure: MeasureNew,
}
"""What a new row of each kind takes."""
