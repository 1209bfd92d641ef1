"""The JSON schema of a run's TOML file: it is the typed configuration, and says of a file what Velora says."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from velora.cli.main import app
from velora.cli.schema import SCHEMA_FILE, make_schema, schema_keys, schema_text
from velora.core.config import load_config
from velora.errors import ConfigError

KEYS = dict(schema_keys())


@pytest.fixture(scope="module")
def validator():
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    schema = make_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_schema_of_the_package_is_that_of_the_configuration():
    assert SCHEMA_FILE.read_text("utf-8") == schema_text(), "renew it: python -m velora.cli.schema"
    runner = CliRunner()
    assert runner.invoke(app, ["schema"]).output == schema_text()
    assert runner.invoke(app, ["schema", "--path"]).output.strip() == str(SCHEMA_FILE)


def test_each_key_has_a_description():
    assert len(KEYS) > 90
    assert [key for key, part in KEYS.items() if "description" not in part and "$ref" not in part] == []


def test_each_documented_key_is_in_the_schema(repository):
    text = (repository / "docs/reference/command_line.md").read_text()
    (block,) = re.findall(r"```toml\n(\[data\].*?)```", text, re.S)
    documented = tomllib.loads(block)
    for section, table in documented.items():
        for key in table:
            assert f"{section}.{key}" in KEYS
    # And each key of the sections is documented, by itself or in the sentences beside it.
    for key in KEYS:
        if key.count(".") == 1 and not key.startswith("strategies."):
            assert key.partition(".")[2] in text, key


def agree(validator, tmp_path, text):
    """Whether a file is valid, of which schema and Velora must say the same."""
    file = tmp_path / "run.toml"
    file.write_text(text)
    by_schema = validator.is_valid(json.loads(json.dumps(tomllib.loads(text))))
    refusal = None
    try:
        load_config(file, environment={})
    except ConfigError as error:
        refusal = str(error)
    assert by_schema == (refusal is None), f"the schema says {by_schema}, Velora {refusal}:\n{text}"
    return by_schema


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("", True),
        ('[data]\nsynthetic = { seed = 3 }\n[strategy]\nclass = "a:B"\n[strategy.parameters]\nx = [1]\n', True),
        ('[strategy]\nclass = "a:B"\n[strategy.params]\nx = 1\n', False),
        ('[[strategies]]\nclass = "a:B"\ncapital = { USDT = "5" }\nparameters = { any = 1 }\n', True),
        ("[[strategies]]\ncapitl = 1\n", False),
        ('[latency]\nentry = "lognormal(5ms, 40ms)"\nfeed = { shift = "-5ms" }\n', True),
        ('[latency.venues.a]\nentry = "1ms"\nload = { service = "5us" }\n', True),
        ('[latency.venues.a]\nload = { window = "5us" }\n', False),
        ("[latency.faults]\nrefused = { new = 0.5 }\n", True),
        ("[latency.faults]\nrefused = { nw = 0.5 }\n", False),
        ("[latency.faults]\nlost = 1.5\n", False),
        ("[latency]\nentry = 5\n", False),
        ("[latency]\nentry = 0\n", True),
        ('[run]\nwarmup = "-1s"\n', False),
        ('[run]\nwarmup = "1 parsec"\n', False),
        ('[run]\nsample = "1.5s"\nretention = 0\nchunk_rows = 1\n', True),
        ("[run]\nretention = -1\n", False),
        ("[run]\nchunk_rows = 0\n", False),
        ('[run]\non_error = "halt"\n', False),
        ("[latensy]\n", False),
    ],
)
def test_schema_and_velora_agree(validator, tmp_path, text, is_valid):
    assert agree(validator, tmp_path, text) is is_valid


VALUES = [
    "true",
    "3",
    "-3",
    "0",
    "0.5",
    "-0.5",
    '"5ms"',
    '"-5ms"',
    '"x"',
    '""',
    "[]",
    '["a"]',
    "[1]",
    "{}",
    "{ new = 0.5 }",
    '"stop"',
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from([key for key in KEYS if "NAME" not in key and key.count(".")]),
    value=st.sampled_from(VALUES),
    slip=st.booleans(),
)
def test_schema_and_velora_agree_on_any_key_and_value(validator, tmp_path, key, value, slip):
    section, _, rest = key.rpartition(".")
    if slip:
        rest = f"{rest}x"
    is_list = section == "strategies" or section.startswith("strategies.")
    head = "[[strategies]]\n" if is_list else ""
    table = "" if section == "strategies" else f"[{section}]\n"
    agree(validator, tmp_path, f"{head}{table}{rest} = {value}\n")
