"""What a pass tells of its steps while it runs."""

from dpfctl.commands.pass_progress import _DOING
from dpfctl.reconcile.steps import Step


def test_every_step_has_words_of_its_own() -> None:
    assert list(_DOING) == [step.name for step in Step]
    assert len(set(_DOING.values())) == len(Step)
