"""What stands in the database now, read from PostgreSQL's own catalogue without locking any table."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Self

_TABLES = """
select relname, relrowsecurity, relforcerowsecurity from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
"""
_CONSTRAINTS = """
select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
where c.relnamespace = 'public'::regnamespace
"""
_POLICIES = "select tablename, policyname from pg_policies where schemaname = 'public'"
_TRIGGERS = """
select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'public'::regnamespace and not t.tgisinternal and t.tgenabled = 'O'
"""
_FUNCTIONS = "select proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f'"
_GRANTED = """
select c.relname, lower(a.privilege_type) from pg_class c
cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'S') and r.rolname = %(role)s
"""
_GRANTED_COLUMNS = """
select c.relname, t.attname from pg_attribute t join pg_class c on c.oid = t.attrelid
cross join aclexplode(t.attacl) a join pg_roles r on r.oid = a.grantee
where c.relnamespace = 'public'::regnamespace and r.rolname = %(role)s and a.privilege_type = 'UPDATE'
"""
_SEQUENCES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'"
_SCHEMA = "select has_schema_privilege(%(role)s, 'public', 'usage')"
_LATER = """
select lower(a.privilege_type) from pg_default_acl d cross join aclexplode(d.defaclacl) a
join pg_roles r on r.oid = a.grantee
where d.defaclrole = current_user::regrole and d.defaclnamespace = 'public'::regnamespace and d.defaclobjtype = 'r'
    and r.rolname = %(role)s
"""


@dataclass(frozen=True)
class Catalogue:
    """Tables with whether row security is enabled and forced; by table what stands on it. Rights are of one role."""

    tables: dict[str, tuple[bool, bool]]
    constraints: dict[tuple[str, str], str]
    policies: dict[str, set[str]]
    triggers: dict[str, set[str]]
    functions: dict[str, str]
    rights: dict[str, set[str]]
    columns: dict[str, set[str]]
    sequences: set[str]
    enters_schema: bool
    later_rights: set[str]

    @classmethod
    def of(cls, cursor: Any, role: str) -> Self:
        def rows(query: str) -> list[tuple[Any, ...]]:
            cursor.execute(query, {"role": role})
            return list(cursor.fetchall())

        return cls(
            tables={table: (enabled, forced) for table, enabled, forced in rows(_TABLES)},
            constraints={(table, name): definition for table, name, definition in rows(_CONSTRAINTS)},
            policies=_grouped(rows(_POLICIES)),
            triggers=_grouped(rows(_TRIGGERS)),
            functions=dict((name, source) for name, source in rows(_FUNCTIONS)),
            rights=_grouped(rows(_GRANTED)),
            columns=_grouped(rows(_GRANTED_COLUMNS)),
            sequences={name for (name,) in rows(_SEQUENCES)},
            enters_schema=rows(_SCHEMA)[0][0],
            later_rights={name for (name,) in rows(_LATER)},
        )


def _grouped(pairs: list[tuple[Any, ...]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for table, name in pairs:
        groups[table].add(name)
    return groups
