"""`velora ta list` and `velora ta show`, as a user runs them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from velora import ta
from velora.cli.main import app
from velora.cli.ta import _complete_group, _complete_name
from velora.errors import InvalidArgument, NotFound
from velora.ta.indicator import compiled_kinds

KINDS = compiled_kinds()


def printed(*arguments):
    done = CliRunner().invoke(app, ["ta", *arguments], env={"COLUMNS": "240", "NO_COLOR": "1"})
    assert done.exit_code == 0, done.output
    return done.output


def test_list_has_a_row_of_each_kind():
    rows = {line.split()[0]: line for line in printed("list").splitlines() if line.startswith("  ")}
    assert set(KINDS) <= set(rows)
    for word in ("EMA", "Exponential moving average", "close", "period=30", "29"):
        assert word in rows["ema"]


def test_list_of_a_group_has_no_other():
    group = KINDS["sma"].group
    found = json.loads(printed("list", "--group", group, "--json"))
    assert {row["group"] for row in found} == {group}
    assert "sma" in {row["name"] for row in found}


def test_json_says_what_the_descriptor_says():
    rows = {row["name"]: row for row in json.loads(printed("list", "--json"))}
    row = rows["ema"]
    assert row == json.loads(printed("show", "ema", "--json"))
    assert row["params"][0]["default"] == 30
    assert (row["lookback"], row["talib"], row["inputs"]) == (29, "EMA", ["close"])
    assert row["settles"] == ta.EMA().settles
    assert rows.keys() >= KINDS.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_show_prints_everything_of_the_descriptor(kind):
    shown = " ".join(printed("show", kind.class_name).split())
    said = [kind.title, kind.group, kind.formula, kind.notes, kind.source, kind.talib, f"ta.{kind.name}("]
    said += [output.name for output in kind.outputs]
    said += [word for param in kind.params for word in (param.name, param.text, *param.choices)]
    for text in said:
        assert " ".join(text.split()) in shown


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("show", "emma"), NotFound, "there is no indicator 'emma'; did you mean ema?"),
        (("show", "%"), NotFound, "velora ta list prints all"),
        (("list", "--group", "nothing"), InvalidArgument, "there is no group 'nothing': there are averages"),
    ],
)
def test_an_unknown_name_gets_advice(arguments, error, message):
    done = CliRunner().invoke(app, ["ta", *arguments])
    assert done.exit_code == 1
    assert isinstance(done.exception, error)
    assert message in str(done.exception)


def test_names_and_groups_complete():
    assert "ema" in _complete_name("em")
    assert "EMA" in _complete_name("EM")
    assert _complete_name("no such") == []
    assert _complete_group("aver") == ["averages"]
