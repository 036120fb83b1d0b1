"""Records as bytes, as the Java programs write them: Avro's single-object encoding.

The bytes C3 01, the CRC-64-AVRO fingerprint of the writer's schema in little-endian order, the Avro body.
"""

import io
import json
from pathlib import Path
from typing import Any

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

from understudy_client.errors import WireError

_MARKER = b"\xc3\x01"
_HEADER_BYTES = 10
_PACKAGED = Path(__file__).parent / "schemas"
_PROJECT = Path(__file__).parents[3] / "schemas/src/main/resources/dev/understudy/schemas"


def schema_folder() -> Path:
    """Returns where the schemas are: in the installed package, or in the project it is used from."""
    for folder in (_PACKAGED, _PROJECT):
        if (folder / "ControlStep.avsc").is_file():
            return folder
    raise WireError(f"expected the project's schemas in {_PACKAGED} or {_PROJECT}, found none")


class Codec:
    """Writes one record's current schema; reads that and every released one."""

    def __init__(self, name: str):
        folder = schema_folder()
        schema = json.loads((folder / f"{name}.avsc").read_text(encoding="utf-8"))
        self.name = schema["namespace"] + "." + schema["name"]
        self.fields = [field["name"] for field in schema["fields"]]
        self._schema = fastavro.parse_schema(schema)
        self._header = _MARKER + _fingerprint(schema)
        self._readers = {}
        for released in sorted(folder.glob(f"released/v*/{name}.avsc")):
            older = json.loads(released.read_text(encoding="utf-8"))
            self._readers[_fingerprint(older)] = fastavro.parse_schema(older)
        self._readers[self._header[2:]] = self._schema

    def encode(self, record: dict[str, Any]) -> bytes:
        """Returns a record as bytes."""
        out = io.BytesIO()
        out.write(self._header)
        fastavro.schemaless_writer(out, self._schema, record)
        return out.getvalue()

    def decode(self, value: bytes) -> dict[str, Any]:
        """Returns the record that bytes stand for, with the fields of the schema they were written with.

        Raises WireError if they stand for none.
        """
        if len(value) < _HEADER_BYTES or value[:2] != _MARKER:
            raise WireError(
                f"expected {self.name} in single-object encoding (c3 01, fingerprint {self._header[2:].hex()}), "
                f"found {len(value)} bytes that begin {value[:12].hex(' ')}"
            )
        written = self._readers.get(value[2:_HEADER_BYTES])
        if written is None:
            raise WireError(f"expected {self.name}, found the unknown schema fingerprint {value[2:10].hex()}")
        body = io.BytesIO(value)
        body.seek(_HEADER_BYTES)
        try:
            record = fastavro.schemaless_reader(body, written, None)
        except (EOFError, IndexError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
            raise WireError(f"expected a body of {self.name}, found {len(value) - 10} bytes that are none: {error}") from error
        if body.tell() != len(value):
            raise WireError(f"expected a body of {self.name}, found {len(value) - body.tell()} bytes too many")
        return record


def _fingerprint(schema: dict[str, Any]) -> bytes:
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))
