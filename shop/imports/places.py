"""Branches and tills named in a file: found by name, whatever the case, or made and marked for review."""

from __future__ import annotations

from shop.imports.staging import Batch


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
        select lower({named}) as key, min({named}) as name, null::bigint as id
        from import_rows r where problem is null group by 1""",
        values,
    )
    made = batch.run(
        "branches",
        """insert into shop_branch (shop_id, name, needs_review)
        select %(shop)s, n.name, true from import_branches n
        where not exists (select from shop_branch b where lower(b.name) = n.key) order by n.name""",
        values,
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
        select b.id as branch_id, lower(r.register) as key, min(r.register) as name, null::bigint as id
        from import_rows r join import_branches b on b.key = {branch_key(batch)}
        where r.problem is null and r.register is not null group by 1, 2""",
        values,
    )
    made = batch.run(
        "registers",
        """insert into shop_register (shop_id, branch_id, name, needs_review)
        select %(shop)s, n.branch_id, n.name, true from import_registers n
        where not exists (
            select from shop_register t where t.branch_id = n.branch_id and lower(t.name) = n.key)
        order by n.branch_id, n.name""",
        values,
    )
    batch.run(
        "registers",
        """update import_registers n set id = (
            select min(id) from shop_register t where t.branch_id = n.branch_id and lower(t.name) = n.key)""",
    )
    return made
