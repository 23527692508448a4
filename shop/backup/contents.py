"""What a database holds, table by table, so that two databases can be compared without being side by side."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import psycopg
from psycopg import sql

# A row's text depends on these and on nothing else that a role, a database or a machine may set.
_SAME_EVERYWHERE = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "search_path": "public",
    "row_security": "off",  # a role that the walls hold gets an error, never a part of the rows
}
TABLES = """
select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname
"""
_CONTENT = """
select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from only public.{} t
"""
_SEQUENCES = """
select sequencename, last_value from pg_sequences where schemaname = 'public' and last_value is not null
"""


@dataclass(frozen=True)
class Contents:
    """By table, how many rows and the sum of their hashes, which the order of the rows does not change; by sequence,
    the last number given."""

    rows: dict[str, int]
    hashes: dict[str, str]
    sequences: dict[str, int]

    @classmethod
    def of(cls, connection: "psycopg.Connection[Any]", sequences: dict[str, int] | None = None) -> Self:
        """As this connection's transaction sees it. Sequences know no transaction: where people write meanwhile, they
        are to be read after the snapshot was taken and before the copy of it begins."""
        rows, hashes = {}, {}
        for name, value in _SAME_EVERYWHERE.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
        for (table,) in connection.execute(TABLES).fetchall():
            counted = connection.execute(sql.SQL(_CONTENT).format(sql.Identifier(table))).fetchone()
            rows[table], hashes[table] = counted or (0, "0")
        return cls(rows, hashes, sequences_of(connection) if sequences is None else sequences)

    def differences(self, other: "Contents") -> list[str]:
        """What `other` lacks or holds otherwise, as sentences."""
        found = []
        for table in sorted(self.rows.keys() | other.rows.keys()):
            here, there = self.rows.get(table), other.rows.get(table)
            if here != there:
                found.append(f"{table} holds {_rows(there)} instead of {_rows(here)}.")
            elif self.hashes[table] != other.hashes[table]:
                found.append(f"{table} holds {_rows(here)}, but not the same ones.")
        for name, number in self.sequences.items():
            if other.sequences.get(name, 0) < number:
                found.append(f"{name} would give numbers again that are taken.")
        return found

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def sequences_of(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    """The last number that each sequence has given."""
    return dict(connection.execute(_SEQUENCES).fetchall())


def _rows(number: int | None) -> str:
    return "nothing" if number is None else f"{number} rows"
