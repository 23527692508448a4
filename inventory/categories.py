"""Categories by the path that files write them with."""

from inventory.models import Category


def category_paths() -> dict[int, str]:
    """Every category as an import writes it: Dairy > Cheese."""
    known = {pk: (name, parent) for pk, name, parent in Category.objects.values_list("pk", "name", "parent_id")}

    def path(pk: int | None, seen: tuple[int, ...] = ()) -> list[str]:
        if pk is None or pk in seen:
            return []
        name, parent = known[pk]
        return [*path(parent, (*seen, pk)), name]

    return {pk: " > ".join(path(pk)) for pk in known}
