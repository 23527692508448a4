"""Branches and tills named in a file: found by name, whatever the case, or made and marked for review."""

from __future__ import annotations

from shop.imports import lineage
from shop.imports.kinds import As, Field, also
from shop.imports.staging import Batch


def branch_field(
    *,
    help: str = "Branch, by name.",
    default: str = "the branch chosen for the import",
    examples: tuple[str, ...] = (),
    more: tuple[str, ...] = (),
) -> Field:
    """The field of a kind that names a branch; `more` are names that only this kind's files give it."""
    names = also("store, store id, shop, location, site, outlet, branch name, store name, store number", "shop name")
    return Field("branch", As.CODE, help, longest=80, synonyms=(*names, *more), examples=examples, default=default)


def branch_key(batch: Batch) -> str:
    """SQL of the branch a row `r` belongs to, compared without case. Needs the value `default`."""
    return "lower(coalesce(r.branch, %(default)s))" if "branch" in batch.mapped else "lower(%(default)s)"


def resolve_branches(batch: Batch) -> int:
    """Fill `import_branches` (key, name, id) for the good rows' branches; an empty cell is the default branch.

    Returns how many branches were made.
    """
    named = "coalesce(r.branch, %(default)s)" if "branch" in batch.mapped else "%(default)s"
    values = {"shop": batch.shop.pk, "default": batch.default_branch}
    batch.run(
        "branches",
        f"""create temp table import_branches on commit drop as
        select lower({named}) as key, min({named}) as name, null::bigint as id, {lineage.FIRST}
        from import_rows r where problem is null group by 1""",
        values,
    )
    made = lineage.write(
        batch,
        "branches",
        "shop_branch",
        """insert into shop_branch (shop_id, name, needs_review)
        select %(shop)s, n.name, true from import_branches n
        where not exists (select from shop_branch b where lower(b.name) = n.key) order by n.name
        returning id, name""",
        values,
        rows=f"select w.id, {lineage.PLACE} from written w join import_branches n using (name)",
    )
    batch.run(
        "branches", "update import_branches n set id = (select min(id) from shop_branch b where lower(b.name) = n.key)"
    )
    return made


def resolve_registers(batch: Batch) -> int:
    """Fill `import_registers` (branch_id, key, name, id) for the good rows' tills. Needs `import_branches`."""
    values = {"shop": batch.shop.pk, "default": batch.default_branch}
    batch.run(
        "registers",
        f"""create temp table import_registers on commit drop as
        select b.id as branch_id, lower(r.register) as key, min(r.register) as name, null::bigint as id,
            {lineage.FIRST}
        from import_rows r join import_branches b on b.key = {branch_key(batch)}
        where r.problem is null and r.register is not null group by 1, 2""",
        values,
    )
    made = lineage.write(
        batch,
        "registers",
        "shop_register",
        """insert into shop_register (shop_id, branch_id, name, needs_review)
        select %(shop)s, n.branch_id, n.name, true from import_registers n
        where not exists (
            select from shop_register t where t.branch_id = n.branch_id and lower(t.name) = n.key)
        order by n.branch_id, n.name
        returning id, branch_id, name""",
        values,
        rows=f"select w.id, {lineage.PLACE} from written w join import_registers using (branch_id, name)",
    )
    batch.run(
        "registers",
        """update import_registers n set id = (
            select min(id) from shop_register t where t.branch_id = n.branch_id and lower(t.name) = n.key)""",
    )
    return made
