"""Looking objects up in what was read of a cluster."""

from dpfctl.model import kinds
from tests.builders import Built, dpu_service, inventory

HERE, THERE = {"team": "a"}, {"team": "b"}


def labelled(name: str, marks: dict[str, str]) -> Built:
    return dpu_service(name).having(metadata={"labels": marks})


class TestLabelled:
    FOUND = inventory(
        labelled("d", THERE),
        labelled("c", {**HERE, "site": "x"}),
        dpu_service("b"),
        labelled("a", HERE),
    )

    def names(self, **wanted: str) -> list[str]:
        return [one.name for one in self.FOUND.labelled(kinds.DPU_SERVICE, wanted)]

    def test_objects_carry_the_label_with_this_value(self) -> None:
        assert (self.names(team="a"), self.names(team="b")) == (["a", "c"], ["d"])

    def test_objects_carry_all_labels_asked_for(self) -> None:
        assert self.names(team="a", site="x") == ["c"]
        assert self.names(site="x", team="a") == ["c"]

    def test_nothing_has_a_value_that_nobody_gave(self) -> None:
        assert self.names(team="c") == self.names(rack="7") == []

    def test_other_kinds_do_not_count(self) -> None:
        assert self.FOUND.labelled(kinds.DPU, HERE) == ()
