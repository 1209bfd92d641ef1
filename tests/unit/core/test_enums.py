"""Enums print their names."""

from __future__ import annotations

import copy
import pickle
from enum import Enum

import pytest

import velora as vl
from velora.core.enums import NamedEnum, NamedFlag
from velora.core.vocabulary import QueueEvent
from velora.engine.journal import RecordType
from velora.sim.matching import MatchAction, MatchReportKind

KINDS = [one for name in vl.__all__ if isinstance(one := getattr(vl, name), type) and issubclass(one, Enum)]
KINDS += [QueueEvent, RecordType, MatchAction, MatchReportKind]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_member_prints_its_name_and_stays_its_number(kind):
    assert issubclass(kind, NamedEnum | NamedFlag)
    for member in kind:
        assert str(member) == f"{member}" == "{}".format(member) == "%s" % member == member.name  # noqa: UP031, UP032
        assert f"{member:>20}" == member.name.rjust(20)
        assert f"{member:d}" == "%d" % member == str(int(member))  # noqa: UP031
        assert member == int(member)
        assert pickle.loads(pickle.dumps(member)) is copy.deepcopy(member) is member


def test_a_flag_prints_every_bit_and_none():
    both = vl.FillDoubt.QUEUE | vl.FillDoubt.SIDE
    assert (str(both), f"{both:02d}", str(vl.FillDoubt(0))) == ("QUEUE|SIDE", "05", "NONE")
